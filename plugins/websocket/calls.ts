import { firstValueFrom } from "rxjs";
import { type Method as Needed, type Role, type RunQuery, SluiceError } from "../../core/contract/index.ts";
import { roleAllows } from "../../core/kit/index.ts";
import { getFile, listFiles, putFiles, uploadFile } from "./files.ts";
import { objectOf, optionalCount, optionalNumber, optionalText, type Parameters, textOf } from "./parameters.ts";
import type { Peer, TransportContext } from "./peer.ts";

type Result = Readonly<Record<string, unknown>>;

interface Method {
  /** What the host's table of authority calls it. */
  readonly needs: Needed;
  readonly call: (context: TransportContext, peer: Peer, params: Parameters) => Result | Promise<Result>;
}

/** What `call` can ask for. Results that are larger than a frame go in parts. */
const methods: Readonly<Record<string, Method>> = {
  "runs.list": { needs: "runs.list", call: listRuns },
  "runs.get": { needs: "runs.get", call: getRun },
  "sessions.list": {
    needs: "sessions.list",
    call: async (_context, { host }) => ({ sessions: await host.sessions.all() }),
  },
  "sessions.close": { needs: "sessions.close", call: closeSession },
  "files.put": { needs: "sessions.files", call: putFiles },
  "files.upload": { needs: "sessions.files", call: uploadFile },
  "files.get": { needs: "runs.files", call: getFile },
  "files.list": { needs: "runs.files", call: listFiles },
  status: { needs: "status.read", call: status },
  load: { needs: "status.read", call: (_context, { host }) => ({ ...host.operation.load() }) },
  hosts: { needs: "status.read", call: async (_context, { host }) => ({ ...(await host.operation.hosts()) }) },
  flows: { needs: "status.read", call: (_context, { host }) => ({ flows: host.flows }) },
  models: { needs: "status.read", call: (_context, { host }) => ({ models: host.models.list() }) },
  "settings.get": {
    needs: "settings.get",
    call: (_context, { host }, params) => ({ settings: host.settings.get(textOf(params, "instance")) }),
  },
  "settings.set": { needs: "settings.set", call: setSettings },
  "instances.restart": { needs: "instances.operate", call: restartInstance },
  "profile.preview": {
    needs: "profile.apply",
    call: async (_context, { host }) => ({ ...(await host.operation.profile.preview()) }),
  },
  "profile.reload": {
    needs: "profile.apply",
    call: async (_context, { host, label }) => ({ ...(await host.operation.profile.reload(`wire:${label}`)) }),
  },
  "host.entry": { needs: "feed.read", call: hostEntry },
  "ticket.create": { needs: "status.read", call: createTicket },
};

/** @throws SluiceError SLUICE_WIRE_PROTOCOL for an unknown method, SLUICE_WIRE_FORBIDDEN for a role that may not */
export async function callMethod(
  context: TransportContext,
  peer: Peer,
  name: string,
  params: Parameters,
): Promise<Result> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) {
    const cure = `Call one of ${Object.keys(methods).join(", ")}.`;
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", `there is no method ${name}`, { cure });
  }
  peer.host.demand(method.needs);
  return method.call(context, peer, params);
}

async function listRuns(_context: TransportContext, { host }: Peer, params: Parameters): Promise<Result> {
  const query: Record<string, unknown> = {};
  for (const name of ["session", "status", "search", "flow", "model", "since", "until"])
    query[name] = optionalText(params, name);
  query["limit"] = optionalCount(params, "limit");
  query["minCost"] = optionalNumber(params, "minCost");
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  return { runs: await host.runs.list(given as RunQuery) };
}

async function getRun(_context: TransportContext, { host }: Peer, params: Parameters): Promise<Result> {
  const run = textOf(params, "run");
  const [record] = await host.runs.list({ run });
  if (record === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${run}`);
  return { run: record };
}

async function closeSession(_context: TransportContext, { host }: Peer, params: Parameters): Promise<Result> {
  return { closed: await host.sessions.close(textOf(params, "session")) };
}

async function status({ boot }: TransportContext, { host }: Peer): Promise<Result> {
  const { host: id, version, profile } = host.info;
  return { host: id, version, profile, boot, runs: host.runs.active, instances: await firstValueFrom(host.status$) };
}

async function setSettings({ reporter }: TransportContext, { host, label }: Peer, params: Parameters): Promise<Result> {
  const instance = textOf(params, "instance");
  const where = optionalText(params, "hosts");
  const origin = `wire:${label}`;
  if (where !== undefined) {
    const hosts = await host.operation.setAt(where, instance, objectOf(params, "values"), origin);
    reporter.audit("settings.set", { client: label, target: `${where}/${instance}` });
    return { hosts };
  }
  host.settings.set(instance, objectOf(params, "values"), origin);
  reporter.audit("settings.set", { client: label, target: instance });
  return { settings: host.settings.get(instance) };
}

async function restartInstance(_context: TransportContext, { host, label }: Peer, params: Parameters): Promise<Result> {
  const instance = textOf(params, "instance");
  await host.operation.restart(instance, `wire:${label}`);
  return { instance };
}

/** One entry of the host's feed, whole. */
function hostEntry(_context: TransportContext, { host }: Peer, params: Parameters): Result {
  const seq = optionalCount(params, "seq") ?? 0;
  const entry = host.feed.get(seq);
  if (entry === undefined) throw new SluiceError("SLUICE_WIRE_PROTOCOL", `entry ${seq} has left the host's memory`);
  return { ...entry };
}

function createTicket({ tickets }: TransportContext, peer: Peer, params: Parameters): Result {
  const { grant } = peer;
  const role = (optionalText(params, "role") ?? grant.role) as Role;
  if (!["read", "run", "operate", "configure"].includes(role)) {
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", `there is no role ${role}`);
  }
  if (!roleAllows(grant.role, role)) {
    const message = `a ticket for the role ${role} takes that role; this client has ${grant.role}`;
    throw new SluiceError("SLUICE_WIRE_FORBIDDEN", message);
  }
  return tickets.create({ ...grant, role });
}
