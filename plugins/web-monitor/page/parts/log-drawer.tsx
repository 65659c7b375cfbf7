import { useState } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { save } from "../lib/bundles.ts";
import { bytes, clock, exact } from "../lib/format.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { type LogRow, placeOf, type Row } from "../lib/log-buffer.ts";
import { hrefOf, setQuery } from "../lib/router.ts";
import { refusalOf } from "../lib/session.ts";
import { Button, Link, Source } from "./basics.tsx";
import { Dialog, say } from "./dialog.tsx";
import { JsonView } from "./json-view.tsx";

/** Characters shown at once even when all of it is here. */
const most = 64 * 1024;

/** One entry of the log: all of it, what stood around it, where it leads. */
export function LogDrawer({
  row,
  rows,
  onClose,
}: {
  readonly row: LogRow;
  readonly rows: readonly Row[];
  readonly onClose: () => void;
}) {
  const [whole, setWhole] = useState<string>();
  const { event, level } = row;
  const text = whole ?? row.text;
  const load = async () => {
    try {
      const answer = await client
        .get()
        ?.call<{ event: { data: { message?: string } } }>("host.entry", { seq: row.seq });
      setWhole(answer?.event.data.message ?? JSON.stringify(answer?.event.data, null, 2));
    } catch (error) {
      say(refusalOf(error).message, "bad");
    }
  };
  const at = rows.indexOf(row);
  const around = rows.slice(Math.max(0, at - 5), at + 6).filter((each): each is LogRow => each.kind === "entry");
  return (
    <Dialog title={t("Log entry {n}", { n: row.seq })} kind="drawer" onClose={onClose}>
      <p className="drawer-status">
        <span className={`log-level level-${level}`}>{level}</span> <Source name={event.source} />{" "}
        <time className="muted number">{exact(event.time)}</time>
      </p>
      <pre className="block wrapped" tabIndex={0}>
        {cutText(text, most)}
      </pre>
      {text.length > most ? (
        <p className="muted">
          {t("The first {shown} of {all} are shown.", { shown: bytes(most), all: bytes(text.length) })}
        </p>
      ) : null}
      <EntryActions row={row} whole={whole} onLoad={() => void load()} />
      <h3>{t("As JSON")}</h3>
      <JsonView value={event} />
      <h3>{t("Around it")}</h3>
      <ol className="around">
        {around.map((each) => (
          <li key={each.key} aria-current={each === row}>
            <button type="button" onClick={() => setQuery({ entry: placeOf(each) })}>
              <time>{clock(each.event.time)}</time> <b>{each.event.source}</b> {cutText(each.text, 160)}
            </button>
          </li>
        ))}
      </ol>
    </Dialog>
  );
}

function EntryActions({
  row: { seq, event, run, cut, old },
  whole,
  onLoad,
}: {
  readonly row: LogRow;
  readonly whole: string | undefined;
  readonly onLoad: () => void;
}) {
  return (
    <div className="actions spread">
      {cut && old !== true && whole === undefined ? (
        <Button icon="download" onClick={onLoad}>
          {t("Load the whole line")}
        </Button>
      ) : null}
      {whole === undefined ? null : (
        <Button icon="download" onClick={() => save(`entry-${seq}.txt`, whole, "text/plain")}>
          {t("Save it ({size})", { size: bytes(whole.length) })}
        </Button>
      )}
      {run === undefined ? null : (
        <>
          <Link className="button" href={hrefOf(`runs/${run}`)}>
            {t("Open the run")}
          </Link>
          <Link className="button" href={hrefOf("logs", { q: `run:${run}` })}>
            {t("All of this run")}
          </Link>
        </>
      )}
      <Link className="button" href={hrefOf("logs", { q: `source:${event.source}` })}>
        {t("All of {source}", { source: event.source })}
      </Link>
    </div>
  );
}
