import { createContext, useContext, useRef, useState } from "react";
import { AnsiReader } from "../lib/ansi.ts";
import { bytes } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { ProgramOutput } from "../lib/program-output.ts";
import { basePath } from "../lib/router.ts";
import { refusalOf } from "../lib/session.ts";
import { Button } from "./basics.tsx";
import { say } from "./dialog.tsx";
import { Terminal } from "./terminal.tsx";

/** The run that is read from the host; undefined for one from a file. */
export const RunOfReading = createContext<string | undefined>(undefined);

/** Characters that are loaded at once, and at most. */
const step = 500_000;
const mostLoaded = 10_000_000;

/** What is between the beginning and the end: it is loaded piece by piece, or downloaded. */
function Middle({
  run,
  program,
  from,
  size,
  label,
}: {
  readonly run: string;
  readonly program: number;
  readonly from: number;
  readonly size: number;
  readonly label: string;
}) {
  const reader = useRef(new AnsiReader());
  const [loaded, setLoaded] = useState(0);
  const [busy, setBusy] = useState(false);
  const address = `${basePath}/api/runs/${encodeURIComponent(run)}/output?program=${program}`;
  const take = Math.min(step, size - loaded, mostLoaded - loaded);
  const load = async () => {
    setBusy(true);
    try {
      const response = await fetch(`${address}&skip=${from + loaded}&take=${take}`);
      if (!response.ok) throw new Error(t("the host answered {status}", { status: response.status }));
      const text = await response.text();
      reader.current.write(text, "stdout");
      setLoaded((before) => before + text.length);
    } catch (error) {
      say(refusalOf(error).message, "bad");
    }
    setBusy(false);
  };
  return (
    <>
      {loaded === 0 ? null : (
        <Terminal reader={reader.current} lines={reader.current.count} label={`${label} (${t("its middle")})`} />
      )}
      {loaded >= size ? null : (
        <p className="note warn">
          <span>{t("{size} between the beginning and the end are not shown.", { size: bytes(size - loaded) })}</span>
          {take <= 0 ? null : (
            <Button icon="down" disabled={busy} onClick={() => void load()}>
              {t("Load {size}", { size: bytes(take) })}
            </Button>
          )}
          <a href={address} download>
            {t("Download all of it")}
          </a>
        </p>
      )}
    </>
  );
}

/** What a program printed: its beginning, what is left out, and its end, which is in sight. */
export function Output({
  output: { head, headSize, tail, left },
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
      {left === 0 ? null : run === undefined || program === undefined ? (
        <p className="note warn">
          {t("{size} between the beginning and the end are not shown here; the exported run has them.", {
            size: bytes(left),
          })}
        </p>
      ) : (
        <Middle run={run} program={program} from={headSize} size={left} label={label} />
      )}
      {tail === undefined ? null : (
        <Terminal reader={tail} lines={tail.count} tall={tall} label={`${label} (${t("its end")})`} />
      )}
    </>
  );
}
