import { succeeded } from "../../../../core/kit/transcript/index.ts";
import { bytes, duration } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { execEndInWords } from "../lib/log-buffer.ts";
import type { ProgramOutput } from "../lib/program-output.ts";
import type { RunProgram } from "../lib/run-parts.ts";
import { CodeBox } from "../rich/code-box.tsx";
import { MimeResult } from "../rich/mime-result.tsx";
import { Status } from "./basics.tsx";
import { Output } from "./output.tsx";

/** A program that ran: how it ended, its code, what it printed and showed. */
export function Execution({ program: { start, record, end, open, source, seq } }: { readonly program: RunProgram }) {
  const label = t("Output of {source}", { source });
  return (
    <div className="execution">
      <details>
        <summary>
          <ProgramStatus end={end} open={open} language={start.language} />
          {start.edited ? <span className="chip">{t("changed before it ran")}</span> : null}
          {end === undefined ? null : (
            <span className="muted number">
              {duration(end.wallMs)} · {bytes(end.peakBytes)}
              {end.stateLost ? ` · ${t("its variables are gone")}` : ""}
            </span>
          )}
        </summary>
        <CodeBox language={start.language} text={start.code} />
      </details>
      {record.lines === 0 && (end === undefined || record.values.length > 0) ? null : (
        <Output output={record} label={label} program={seq} />
      )}
      <Values output={record} />
    </div>
  );
}

/** How a program stands; one that was cut off, as a loser is, has no end. */
export function ProgramStatus({
  end,
  open,
  language,
}: {
  readonly end: RunProgram["end"];
  readonly open: boolean;
  readonly language: string;
}) {
  if (end !== undefined) return <Status status={succeeded(end) ? "ok" : "failed"} label={execEndInWords(end)} />;
  return open ? (
    <Status status="running" label={t("runs {language}", { language })} />
  ) : (
    <Status status="stopped" label={t("was cut off")} />
  );
}

/** What a program showed; a value that it updated stands once. */
export function Values({ output: { values, valuesLeft } }: { readonly output: ProgramOutput }) {
  return (
    <>
      {valuesLeft > 0 ? (
        <p className="muted">
          {t("{n|# earlier value is|# earlier values are} not drawn; Raw has {n|it|them}.", { n: valuesLeft })}
        </p>
      ) : null}
      {values.map(({ key, value }) => (
        <MimeResult key={key} data={value.data} />
      ))}
    </>
  );
}
