import { count, rate } from "../lib/format.ts";
import { figures } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Ago, Empty, RefusalNote, Status } from "./basics.tsx";
import { JsonView } from "./json-view.tsx";

interface Topic {
  readonly topic: string;
  readonly count: number;
  readonly event: { readonly time: string };
  /** What its schema refuses; absent where there is no schema. */
  readonly issues?: readonly string[];
}

/** The newest event of each kind of a source, or of one topic, four times a second. */
export function Tap({ name }: { readonly name: string }) {
  const { value, refusal } = useApi<{ topics: Topic[] }>(`tap/${encodeURIComponent(name)}`, 250);
  const { rates } = useStore(figures);
  if (refusal !== undefined && value === undefined) return <RefusalNote refusal={refusal} />;
  if (value?.topics.length === 0) return <Empty icon="events" title={t("Nothing has come from it yet")} />;
  return (
    <div className="stack">
      {value?.topics.map(({ topic, count: total, event, issues }) => (
        <section key={topic} className="tap">
          <header>
            <b className="mono">{topic.slice(topic.lastIndexOf(".") + 1)}</b>
            <span className="muted number">
              {rate(rates.get(topic) ?? 0)} · {count(total)}
            </span>
            <Ago time={event.time} />
            {issues === undefined ? null : (
              <Status
                status={issues.length === 0 ? "ok" : "failed"}
                label={issues.length === 0 ? t("valid") : t("not valid")}
              />
            )}
          </header>
          {issues === undefined || issues.length === 0 ? null : <p className="tone-bad">{issues.join("; ")}</p>}
          <JsonView value={event} />
        </section>
      ))}
    </div>
  );
}
