import { bytes } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { ProgramOutput } from "../lib/program-output.ts";
import { Terminal } from "./terminal.tsx";

/** What a program printed: its beginning, what is left out, and its end, which is in sight. */
export function Output({
  output: { head, tail, left },
  label,
  tall = false,
}: {
  readonly output: ProgramOutput;
  readonly label: string;
  readonly tall?: boolean;
}) {
  return (
    <>
      <Terminal reader={head} lines={head.count} tall={tall && tail === undefined} label={label} />
      {left > 0 ? (
        <p className="note warn">
          {t("{size} between the beginning and the end are not shown here; the exported run has them.", {
            size: bytes(left),
          })}
        </p>
      ) : null}
      {tail === undefined ? null : (
        <Terminal reader={tail} lines={tail.count} tall={tall} label={`${label} (${t("its end")})`} />
      )}
    </>
  );
}
