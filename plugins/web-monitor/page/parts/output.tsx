import { createContext, useContext } from "react";
import { bytes } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { ProgramOutput } from "../lib/program-output.ts";
import { basePath } from "../lib/router.ts";
import { Terminal } from "./terminal.tsx";

/** The run that is read from the host; undefined for one from a file. */
export const RunOfReading = createContext<string | undefined>(undefined);

/** What a program printed: its beginning, what is left out, and its end, which is in sight. */
export function Output({
  output: { head, tail, left },
  label,
  program,
  tall = false,
}: {
  readonly output: ProgramOutput;
  readonly label: string;
  /** `seq` of the program's start, by which all of it can be had. */
  readonly program?: number;
  readonly tall?: boolean;
}) {
  const run = useContext(RunOfReading);
  return (
    <>
      <Terminal reader={head} lines={head.count} tall={tall && tail === undefined} label={label} />
      {left > 0 ? (
        <p className="note warn">
          {t("{size} between the beginning and the end are not shown here; the exported run has them.", {
            size: bytes(left),
          })}{" "}
          {run === undefined || program === undefined ? null : (
            <a href={`${basePath}/api/runs/${encodeURIComponent(run)}/output?program=${program}`} download>
              {t("Download all of it")}
            </a>
          )}
        </p>
      ) : null}
      {tail === undefined ? null : (
        <Terminal reader={tail} lines={tail.count} tall={tall} label={`${label} (${t("its end")})`} />
      )}
    </>
  );
}
