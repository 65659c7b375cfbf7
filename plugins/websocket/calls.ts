import { firstValueFrom } from "rxjs";
import { type Role, type RunQuery, roleAllows, SluiceError } from "../../core/index.ts";
import { getFile, listFiles, putFiles, uploadFile } from "./files.ts";
import { objectOf, optionalCount, optionalText, type Parameters, textOf } from "./parameters.ts";
import { type DoorContext, demand, type Peer } from "./peer.ts";

type Result = Readonly<Record<string, unknown>>;

interface Method {
  readonly role: Role;
  readonly call: (context: DoorContext, peer: Peer, params: Parameters) => Result | Promise<Result>;
}

/** What `call` can ask for. Results that are larger than a frame go in parts. */
const methods: Readonly<Record<string, Method>> = {
  "runs.list": { role: "read", call: listRuns },
  "runs.get": { role: "read", call: getRun },
  "sessions.list": { role: "read", call: ({ host }) => ({ sessions: host.sessions.list() }) },
  "sessions.close": { role: "run", call: closeSession },
  "files.put": { role: "run", call: putFiles },
  "files.upload": { role: "run", call: uploadFile },
  "files.get": { role: "run", call: getFile },
  "files.list": { role: "run", call: listFiles },
  status: { role: "read", call: status },
  flows: { role: "read", call: ({ host }) => ({ flows: host.flows }) },
  models: { role: "read", call: ({ host }) => ({ models: host.models.list() }) },
  "settings.get": {
    role: "read",
    call: ({ host }, _peer, params) => ({ settings: host.settings.get(textOf(params, "instance")) }),
  },
  "settings.set": { role: "configure", call: setSettings },
  "host.entry": { role: "read", call: hostEntry },
  "ticket.create": { role: "read", call: createTicket },
};

/** @throws SluiceError SLUICE_WIRE_PROTOCOL for an unknown method, SLUICE_WIRE_FORBIDDEN for a role that may not */
export async function callMethod(context: DoorContext, peer: Peer, name: string, params: Parameters): Promise<Result> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) {
    const cure = `Call one of ${Object.keys(methods).join(", ")}.`;
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", `there is no method ${name}`, { cure });
  }
  demand(peer, method.role, name);
  return method.call(context, peer, params);
}

async function listRuns({ host }: DoorContext, _peer: Peer, params: Parameters): Promise<Result> {
  const query: Record<string, unknown> = {};
  for (const name of ["session", "status"]) query[name] = optionalText(params, name);
  query["limit"] = optionalCount(params, "limit");
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  return { runs: await host.runs.list(given as RunQuery) };
}

async function getRun({ host }: DoorContext, _peer: Peer, params: Parameters): Promise<Result> {
  const run = textOf(params, "run");
  const [record] = await host.runs.list({ run });
  if (record === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${run}`);
  return { run: record };
}

async function closeSession({ host, sessions }: DoorContext, peer: Peer, params: Parameters): Promise<Result> {
  const session = textOf(params, "session");
  sessions.demand(peer, session);
  return { closed: await host.sessions.close(session) };
}

async function status({ host, boot }: DoorContext): Promise<Result> {
  const { host: id, version, profile } = host.info;
  return { host: id, version, profile, boot, runs: host.runs.active, instances: await firstValueFrom(host.status$) };
}

function setSettings({ host, reporter }: DoorContext, peer: Peer, params: Parameters): Result {
  const instance = textOf(params, "instance");
  host.settings.set(instance, objectOf(params, "values"), `wire:${peer.owner}`);
  reporter.audit("settings.set", { client: peer.owner, target: instance });
  return { settings: host.settings.get(instance) };
}

/** One entry of the host's feed, whole. */
function hostEntry({ host }: DoorContext, _peer: Peer, params: Parameters): Result {
  const seq = optionalCount(params, "seq") ?? 0;
  const entry = host.feed.get(seq);
  if (entry === undefined) throw new SluiceError("SLUICE_WIRE_PROTOCOL", `entry ${seq} has left the host's memory`);
  return { ...entry };
}

function createTicket({ tickets }: DoorContext, peer: Peer, params: Parameters): Result {
  const role = (optionalText(params, "role") ?? peer.role) as Role;
  if (!["read", "run", "operate", "configure"].includes(role)) {
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", `there is no role ${role}`);
  }
  if (!roleAllows(peer.role, role)) demand(peer, role, "a ticket for it");
  return tickets.create({ name: peer.principal, role });
}
