import { bytes } from "./format.ts";
import { t } from "./i18n.ts";
import type { GivenStdin } from "./run-stdin.ts";

/** How it goes with what is asked again, or why it cannot. */
export function stdinInWords({ file, told, isOver, content }: GivenStdin): string {
  if (told === undefined && !isOver) return t("without its standard input: it is known when the run has ended");
  if (told === undefined) return t("without its standard input: it is not kept; the command reads {file}", { file });
  const size = bytes(told.bytes);
  if (told.masked) return t("without its standard input: secrets are in it; the command reads {file}", { file });
  if (content === undefined)
    return t("without its standard input: {size} are too much to keep; the command reads {file}", { size, file });
  if (told.whole) return t("with its standard input, {size}", { size });
  return t("with its standard input, {size}: its end was not read", { size });
}
