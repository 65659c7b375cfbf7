import type { ClusterOverview, HostMember } from "../../../../core/contract/index.ts";
import { bytes, duration } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { hrefOf } from "../lib/router.ts";
import { useApi } from "../lib/use-api.ts";
import { Command, Link, RefusalNote, Section, Status } from "../parts/basics.tsx";

/** The hosts of the cluster, what waits for one, and where each run is. */
export function HostsScreen() {
  const { value, refusal } = useApi<ClusterOverview>("hosts", 2_000);
  return (
    <div className="screen">
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      <div className="toolbar">
        <p className="summary">
          {t("Hosts")} <b className="number">{value?.hosts.length ?? 0}</b>
          {value?.waiting === undefined ? null : (
            <>
              {" · "}
              {t("Runs that wait for a host")} <b className="number">{value.waiting}</b>
            </>
          )}
        </p>
        <Command text="sluice hosts" />
      </div>
      {value?.cutOff === undefined ? null : (
        <p className="reason" role="status">
          {t("The queue cannot be asked. What stands here of other hosts is old: {why}", { why: value.cutOff })}
        </p>
      )}
      {value === undefined ? (
        <div className="skeleton tall" aria-busy="true" />
      ) : (
        <>
          <HostTable hosts={byName(value.hosts)} />
          <Places hosts={byName(value.hosts)} />
        </>
      )}
    </div>
  );
}

/** They keep their places from look to look, and are found where the command line has them. */
function byName(hosts: readonly HostMember[]): readonly HostMember[] {
  return hosts.toSorted((one, other) => one.name.localeCompare(other.name) || one.host.localeCompare(other.host));
}

function HostTable({ hosts }: { readonly hosts: readonly HostMember[] }) {
  return (
    <Section title={t("Hosts")}>
      <table className="table cards">
        <thead>
          <tr>
            <th scope="col">{t("Host")}</th>
            <th scope="col">{t("State")}</th>
            <th scope="col">{t("Address")}</th>
            <th scope="col">{t("Version")}</th>
            <th scope="col" className="right">
              {t("Of the queue")}
            </th>
            <th scope="col" className="right">
              {t("Runs")}
            </th>
            <th scope="col" className="right">
              {t("Memory")}
            </th>
            <th scope="col" className="right">
              {t("Last seen")}
            </th>
          </tr>
        </thead>
        <tbody>
          {hosts.map((host) => (
            <HostRow key={host.host} host={host} />
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function HostRow({ host }: { readonly host: HostMember }) {
  const { name, own, state, reason, addresses, version, capacity, bound, running = 0, active, use, seen } = host;
  const isSilent = !own && use === undefined;
  const status = isSilent ? "absent" : state === "draining" ? "stopping" : state;
  return (
    <tr>
      <th scope="row" title={host.host}>
        {name}
        {own ? <span className="muted"> {t("this one")}</span> : null}
      </th>
      <td data-name={t("State")}>
        <Status status={status} label={isSilent ? t("does not answer") : t(state)} />
        {reason === undefined || isSilent ? null : <p className="reason">{reason}</p>}
      </td>
      <td data-name={t("Address")}>{addresses.join(", ") || "–"}</td>
      <td data-name={t("Version")}>{version}</td>
      <td data-name={t("Of the queue")} className="right number">
        {capacity === undefined ? "–" : t("{used} of {all}", { used: running, all: capacity })}
        {bound === undefined ? null : <span className="muted"> {bound}</span>}
      </td>
      <td data-name={t("Runs")} className="right number">
        {active}
      </td>
      <td data-name={t("Memory")} className="right number">
        {use === undefined ? "–" : bytes(use.memory)}
      </td>
      <td data-name={t("Last seen")} className="right number">
        {own ? t("now") : duration(seen)}
      </td>
    </tr>
  );
}

/** Where each run is. */
function Places({ hosts }: { readonly hosts: readonly HostMember[] }) {
  const placed = hosts.flatMap(({ name, use }) => (use?.runs ?? []).map((run) => ({ ...run, name })));
  const more = hosts.reduce((sum, { use }) => sum + (use?.more ?? 0), 0);
  const isWhole = hosts.every(({ use }) => use !== undefined);
  const nothing = isWhole ? t("No run is under way.") : t("No run is under way at the hosts that answer.");
  return (
    <Section title={t("Where each run is")}>
      {placed.length === 0 && more === 0 ? <p className="muted">{nothing}</p> : null}
      {placed.length === 0 ? null : (
        <table className="table cards">
          <thead>
            <tr>
              <th scope="col">{t("Run")}</th>
              <th scope="col">{t("Host")}</th>
              <th scope="col">{t("Flow")}</th>
              <th scope="col" className="right">
                {t("Age")}
              </th>
            </tr>
          </thead>
          <tbody>
            {placed.map(({ run, name, flow, age }) => (
              <tr key={run}>
                <th scope="row">
                  <Link href={hrefOf(`runs/${run}`)}>{run}</Link>
                </th>
                <td data-name={t("Host")}>{name}</td>
                <td data-name={t("Flow")}>{flow}</td>
                <td data-name={t("Age")} className="right number">
                  {duration(age)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {more === 0 ? null : (
        <p className="muted">
          {t("{n|# more run, which is another's|# more runs, which are others'} or too many to name", { n: more })}
        </p>
      )}
    </Section>
  );
}
