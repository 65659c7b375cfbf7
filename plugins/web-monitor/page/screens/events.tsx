import { cutText } from "../../../../core/client/index.ts";
import { count, rate } from "../lib/format.ts";
import { figures } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { textOf } from "../lib/log-buffer.ts";
import { setQuery, usePlace } from "../lib/router.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { useRetained } from "../lib/use-retained.ts";
import { Ago, Empty, Section } from "../parts/basics.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { JsonView } from "../parts/json-view.tsx";
import { Sparkline } from "../parts/meters.tsx";
import { Tap } from "../parts/tap.tsx";

/** What flows on the host's bus and through its journals, for those who build on it. */
export function EventsScreen() {
  const { counts, rates, history } = useStore(figures);
  const { query } = usePlace();
  const text = query.get("q") ?? "";
  const open = query.get("topic");
  const topics = [...counts]
    .filter(([topic]) => topic.toLowerCase().includes(text.toLowerCase()))
    .sort(([a], [b]) => a.localeCompare(b));
  return (
    <div className="screen">
      <div className="toolbar">
        <div className="search">
          <Icon name="search" />
          <input
            type="search"
            value={text}
            aria-label={t("Search the topics")}
            placeholder={t("source or type")}
            onChange={(event) => setQuery({ q: event.target.value || undefined })}
          />
        </div>
        <span className="with-line">
          <Sparkline values={history.map(({ events }) => events)} width={120} />{" "}
          <span className="number">{rate(history.at(-1)?.events ?? 0)}</span>
        </span>
      </div>
      {topics.length === 0 ? (
        <Empty icon="events" title={text === "" ? t("Nothing has happened yet") : t("No topic of that name")} />
      ) : (
        <TopicTable topics={topics} rates={rates} />
      )}
      <Retained />
      {open === null ? null : <TopicDrawer topic={open} onClose={() => setQuery({ topic: undefined })} />}
    </div>
  );
}

function TopicTable({
  topics,
  rates,
}: {
  readonly topics: readonly (readonly [string, number])[];
  readonly rates: ReadonlyMap<string, number>;
}) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t("Topic")}</th>
          <th scope="col" className="right">
            {t("A second")}
          </th>
          <th scope="col" className="right">
            {t("Since the start")}
          </th>
        </tr>
      </thead>
      <tbody>
        {topics.map(([topic, total]) => (
          <tr key={topic}>
            <th scope="row" className="mono">
              <button type="button" className="text-button" onClick={() => setQuery({ topic })}>
                {topic}
              </button>
            </th>
            <td className="right number">{rate(rates.get(topic) ?? 0)}</td>
            <td className="right number">{count(total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What stays true until it is told otherwise: metrics, drops among them, sandboxes, connections. */
function Retained() {
  const values = useRetained();
  if (values.size === 0) return null;
  return (
    <Section title={t("Values that stand")}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("Thing")}</th>
            <th scope="col">{t("Value")}</th>
            <th scope="col">{t("Since")}</th>
          </tr>
        </thead>
        <tbody>
          {[...values].map(([key, event]) => (
            <tr key={key}>
              <th scope="row" className="mono">
                {cutText(key, 60)}
              </th>
              <td className="number">{textOf(event)}</td>
              <td>
                <Ago time={event.time} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function TopicDrawer({ topic, onClose }: { readonly topic: string; readonly onClose: () => void }) {
  const type = topic.slice(topic.lastIndexOf(".") + 1);
  const { value } = useApi<{ schema: unknown }>(`schemas/${encodeURIComponent(type)}`);
  return (
    <Dialog title={topic} kind="drawer" onClose={onClose}>
      <h3>{t("The newest")}</h3>
      <Tap name={topic} />
      <h3>{t("Its schema")}</h3>
      {value === undefined ? (
        <div className="skeleton" aria-busy="true" />
      ) : value.schema === null ? (
        <p className="muted">{t("Host events have a type, but no schema of their own.")}</p>
      ) : (
        <JsonView value={value.schema} />
      )}
    </Dialog>
  );
}
