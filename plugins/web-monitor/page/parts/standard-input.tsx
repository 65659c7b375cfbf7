import { bytes } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { RunModel } from "../lib/run-model.ts";
import { givenStdin } from "../lib/run-stdin.ts";

/** What the run's program was given to read, as far as it is kept. */
export function StandardInput({ run, model: { start, end } }: { readonly run: string; readonly model: RunModel }) {
  const given = givenStdin(run, start?.data, { told: end?.data.stdin, isOver: end !== undefined });
  if (given === undefined) return null;
  const { told } = given;
  const title = told === undefined ? t("Standard input") : `${t("Standard input")}, ${bytes(told.bytes)}`;
  return (
    <details className="standard-input">
      <summary>{title}</summary>
      {told?.text === undefined ? null : (
        <pre dir="auto" tabIndex={0} aria-label={t("Standard input")}>
          {told.text}
        </pre>
      )}
      <p className="muted">{stateOf(given)}</p>
      {told?.sha256 === undefined ? null : <p className="muted mono digest">SHA-256 {told.sha256}</p>}
    </details>
  );
}

function stateOf({ told, isOver }: NonNullable<ReturnType<typeof givenStdin>>): string {
  if (told === undefined) return isOver ? t("It is not kept.") : t("It is known when the run has ended.");
  return [
    told.masked ? t("Secrets are in it, which are kept nowhere.") : "",
    told.masked || told.text !== undefined
      ? ""
      : told.base64 === undefined
        ? t("It is too long to be kept.")
        : t("It is no text; the command has it."),
    told.whole ? "" : t("The run ended before its end was read."),
  ]
    .filter((words) => words !== "")
    .join(" ");
}
