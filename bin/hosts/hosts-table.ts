import type { ClusterOverview, HostMember } from "../../core/contract/index.ts";
import { plural, printable } from "../../core/kit/index.ts";
import { bytes, duration } from "../output/style.ts";
import { table } from "../output/table.ts";

/** What a narrow terminal cuts comes last. */
const head = ["HOST", "STATE", "QUEUED RUNS", "RUNS", "SANDBOXES", "MEMORY", "LAST SEEN", "VERSION", "ADDRESS", "ID"];
/** Characters of an id; `--json` has it whole, and commands take its beginning. */
const shortId = 8;

/** One row for each host, what is wrong with some, and a line for all of them and the queue. */
export function hostsTable({ hosts, waiting, cutOff }: ClusterOverview): string {
  const sorted = byName(hosts);
  const rows = sorted.map((each) => [
    ...[each.own ? `${each.name} *` : each.name, stateOf(each), queuedOf(each), `${each.active}`],
    ...(each.use === undefined ? ["-", "-"] : [`${each.use.sandboxes}`, bytes(each.use.memory)]),
    each.own ? "now" : `${duration(each.seen)} ago`,
    ...[each.version, each.addresses.join(", ") || "-", each.host.slice(0, shortId)],
  ]);
  const ill = sorted.flatMap(({ name, reason }) =>
    reason === undefined ? [] : [`${printable(`${name}: ${reason}`)}\n`],
  );
  const queue = waiting === undefined ? "" : `, ${plural(waiting, "run")} in the queue`;
  const old =
    cutOff === undefined
      ? ""
      : `the queue cannot be asked, and what stands here of others is old: ${printable(cutOff)}\n`;
  return `${table(head, rows)}\n${ill.join("")}${plural(hosts.length, "host")}${usedOf(hosts)}${queue}\n${old}`;
}

function byName(hosts: readonly HostMember[]): readonly HostMember[] {
  return hosts.toSorted((one, other) => one.name.localeCompare(other.name) || one.host.localeCompare(other.host));
}

/** What all have of the queue, of what all take together. */
function usedOf(hosts: readonly HostMember[]): string {
  const taking = hosts.filter(({ capacity }) => capacity !== undefined);
  if (taking.length === 0) return "";
  const [used, all] = taking.reduce(([u, a], { running = 0, capacity = 0 }) => [u + running, a + capacity], [0, 0]);
  return `, ${used} of ${plural(all, "place")} in use`;
}

/** Where each run is. */
export function placesTable({ hosts }: ClusterOverview): string {
  const rows = byName(hosts).flatMap(({ name, use }) =>
    (use?.runs ?? []).map(({ run, flow, session, age }) => [run, name, flow, session, duration(age)]),
  );
  const unnamed = hosts.reduce((sum, { use }) => sum + (use?.more ?? 0), 0);
  const more = unnamed === 0 ? "" : `... ${plural(unnamed, "more run")}\n`;
  if (rows.length === 0) return more;
  return `${table(["RUN", "HOST", "FLOW", "SESSION", "AGE"], rows)}${more}`;
}

/** What it has of the queue and takes at once; where that follows from an instance, from which. */
function queuedOf({ capacity, running = 0, bound }: HostMember): string {
  if (capacity === undefined) return "-";
  return `${running}/${capacity}${bound === undefined ? "" : ` (${bound})`}`;
}

function stateOf({ state, own, use }: HostMember): string {
  // What it told last may be long ago.
  return !own && use === undefined ? "does not answer" : state;
}
