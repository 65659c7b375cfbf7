import { cutText } from "../../../../core/client/index.ts";
import { instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { execEndInWords } from "../lib/log-buffer.ts";
import { hrefOf } from "../lib/router.ts";
import { failureOf, type RunFailure } from "../lib/run-failure.ts";
import type { RunModel } from "../lib/run-model.ts";
import { useStore } from "../lib/store.ts";
import { Link } from "./basics.tsx";
import { Icon } from "./icon.tsx";

/** Why a run failed, before anything else of it is read. */
export function FailureNote({ model, live }: { readonly model: RunModel; readonly live: boolean }) {
  const failure = failureOf(model);
  if (failure === undefined) return null;
  return (
    <div className="note bad" role="alert">
      <Icon name="failed" />
      <div>
        <p className="failure-words">{cutText(wordsOf(failure), 2_000)}</p>
        <Cure failure={failure} live={live} />
      </div>
    </div>
  );
}

function wordsOf(failure: RunFailure): string {
  if (failure.kind === "error") return failure.error.message;
  if (failure.kind === "end") return failure.reason ?? t(failure.status);
  const { error } = failure.end;
  if (error === undefined) return execEndInWords(failure.end);
  const { name, message, line } = error;
  const what = message === "" ? name : `${name}: ${message}`;
  return line === undefined ? what : `${what}, ${t("line {n}", { n: line })}`;
}

function Cure({ failure, live }: { readonly failure: RunFailure; readonly live: boolean }) {
  const known = useStore(instances);
  if (failure.kind === "error") {
    return (
      <>
        <p className="muted">{failure.error.cure}</p>
        <code>{failure.error.code}</code>
      </>
    );
  }
  if (failure.kind === "end") return <p className="muted">{cureOf(failure.status)}</p>;
  if (failure.option === undefined) return null;
  const where = t("{option} of {instance} sets this limit", { option: failure.option, instance: failure.source });
  // A run from a file may be of another host, and a run of before of another profile.
  if (!live || !known.some(({ id }) => id === failure.source)) return <p className="muted">{where}</p>;
  return <Link href={hrefOf("configuration", { instance: failure.source })}>{where}</Link>;
}

/** What helps where the run ended by itself, and no error says it. */
function cureOf(status: string): string | undefined {
  const cures: Readonly<Record<string, string>> = {
    timeout: t("Raise its time-out, or ask for less."),
    budget: t("Raise the budget, or use a cheaper model."),
    lost: t("Start it again; what it did until then is in its journal."),
  };
  return cures[status];
}
