import { useMemo } from "react";
import { bytes, count, duration, firstLine, rate } from "../lib/format.ts";
import { figures, type HostFigures, type Instance, instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf, setQuery, usePlace } from "../lib/router.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Ago, Link, Section, Status } from "../parts/basics.tsx";
import { Icon } from "../parts/icon.tsx";
import { type InstanceDetails, InstanceDrawer } from "../parts/instance-drawer.tsx";
import { Sparkline } from "../parts/meters.tsx";
import { useWaiting } from "../parts/use-waiting.ts";

export function OverviewScreen() {
  const known = useStore(instances);
  const shown = useStore(figures);
  const { query } = usePlace();
  const open = query.get("instance");
  const { value } = useApi<{ instances: InstanceDetails[] }>("instances");
  return (
    <div className="screen">
      <NeedsYou known={known} />
      <div className="tiles">
        <Tile name={t("Runs under way")} value={String(shown.runs)} />
        <Tile
          name={t("Events")}
          value={rate(shown.history.at(-1)?.events ?? 0)}
          line={shown.history.map(({ events }) => events)}
        />
        <Tile
          name={t("Memory of the host")}
          value={bytes(shown.memory)}
          line={shown.history.map(({ memory }) => memory)}
        />
        <Tile
          name={t("Processor, share of a core")}
          value={`${Math.round(shown.cpu * 100)} %`}
          line={shown.history.map(({ cpu }) => cpu)}
        />
      </div>
      <Section title={t("Instances")}>
        {known.length === 0 ? (
          <div className="skeleton tall" aria-busy="true" />
        ) : (
          <InstanceTable known={known} shown={shown} />
        )}
      </Section>
      <StartTree details={value?.instances ?? []} />
      {open === null ? null : <InstanceDrawer id={open} onClose={() => setQuery({ instance: undefined })} />}
    </div>
  );
}

function Tile({
  name,
  value,
  line,
}: {
  readonly name: string;
  readonly value: string;
  readonly line?: readonly number[];
}) {
  return (
    <div className="tile">
      <span className="tile-name">{name}</span>
      <span className="tile-value number">{value}</span>
      {line === undefined ? null : <Sparkline values={line} width={120} height={28} />}
    </div>
  );
}

/** What a person should look at; nothing at all when there is nothing. */
function NeedsYou({ known }: { readonly known: readonly Instance[] }) {
  const waiting = [...useWaiting()];
  const items = known.filter(({ status }) => status === "failed" || status === "degraded" || status === "absent");
  if (items.length === 0 && waiting.length === 0) return null;
  return (
    <section className="needs" aria-label={t("Needs you")}>
      <h2>{t("Needs you")}</h2>
      <ul>
        {waiting.map(([run, { what }]) => (
          <li key={run}>
            <Status status="waiting" />
            <span>
              {firstLine(what, 120) || t("The program waits for a line of input")}{" "}
              <small className="mono muted">{run}</small>
            </span>
            <Link href={hrefOf(`runs/${run}`)}>{t("Answer")}</Link>
          </li>
        ))}
        {items.map(({ id, status, reason }) => (
          <li key={id}>
            <Status status={status} />
            <span>
              <b>{id}</b> {reason}
            </span>
            <Link href={hrefOf("configuration", { instance: id })}>{t("Configuration")}</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

const order = ["model", "sandbox", "stage", "transport", "sink", "store", "service"];

function InstanceTable({ known, shown }: { readonly known: readonly Instance[]; readonly shown: HostFigures }) {
  const sorted = useMemo(() => known.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)), [known]);
  return (
    <table className="table cards">
      <thead>
        <tr>
          <th scope="col">{t("Instance")}</th>
          <th scope="col">{t("Kind")}</th>
          <th scope="col">{t("State")}</th>
          <th scope="col">{t("Since")}</th>
          <th scope="col" className="right">
            {t("Events")}
          </th>
          <th scope="col" className="right">
            {t("Errors")}
          </th>
          <th scope="col" className="right">
            {t("Restarts")}
          </th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((each) => (
          <InstanceRow key={each.id} instance={each} shown={shown} />
        ))}
      </tbody>
    </table>
  );
}

function InstanceRow({
  instance: { id, plugin, kind, status, reason, since, restarts },
  shown,
}: {
  readonly instance: Instance;
  readonly shown: HostFigures;
}) {
  const line = shown.history.map(({ sources }) => sources.get(id) ?? 0);
  const errors = shown.counts.get(`${id}.error`) ?? 0;
  return (
    <tr>
      <th scope="row">
        <Link href={hrefOf("overview", { instance: id })}>{id}</Link>
        <small>{plugin}</small>
      </th>
      <td data-name={t("Kind")}>{t(kind)}</td>
      <td data-name={t("State")}>
        <Status status={status} />
        {reason === undefined ? null : <small className="reason">{reason}</small>}
      </td>
      <td data-name={t("Since")}>
        <Ago time={since} />
      </td>
      <td className="right" data-name={t("Events")}>
        <span className="with-line">
          <Sparkline values={line} />
          <span className="number">{rate(line.at(-1) ?? 0)}</span>
        </span>
      </td>
      <td className={`right number${errors > 0 ? " tone-bad" : ""}`} data-name={t("Errors")}>
        {errors === 0 ? "0" : <Link href={hrefOf("logs", { q: `level:error source:${id}` })}>{count(errors)}</Link>}
      </td>
      <td className="right number" data-name={t("Restarts")}>
        {restarts}
      </td>
    </tr>
  );
}

function StartTree({ details }: { readonly details: readonly InstanceDetails[] }) {
  const started = details
    .filter((each) => each.startMs !== undefined)
    .toSorted((a, b) => (b.startMs ?? 0) - (a.startMs ?? 0));
  const most = Math.max(1, ...started.map(({ startMs }) => startMs ?? 0));
  if (started.length === 0) return null;
  return (
    <Section title={t("How long the start took")}>
      <ul className="bars">
        {started.map(({ id, startMs = 0 }) => (
          <li key={id}>
            <span>{id}</span>
            <i style={{ width: `${Math.max(0.5, (startMs / most) * 100)}%` }} />
            <span className="number">{duration(startMs)}</span>
          </li>
        ))}
      </ul>
      {details.some(({ absent }) => absent !== undefined) ? (
        <p className="muted with-icon">
          <Icon name="absent" size={14} /> {t("Absent instances were not started.")}
        </p>
      ) : null}
    </Section>
  );
}
