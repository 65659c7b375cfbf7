import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { neededRole } from "../../core/command-line.ts";
import type { Method, Principal, Role } from "../../core/contract/index.ts";
import { ownerOf } from "../../core/host/authority/ownership.ts";
import type { Ownership } from "../../core/host/authority/table.ts";
import { roleAllows } from "../../core/kit/index.ts";
import { surfaces } from "../../schema/authority-tables.ts";
import { goodClients } from "./transport-good.ts";
import { key, serveTransports, type Transports, tokens } from "./transport-host.ts";
import { exchange } from "./transport-raw.ts";
import { type RequestParts, requestOf } from "./transport-requests.ts";
import { WireTalk } from "./transport-wire.ts";

interface Thing {
  readonly run: string;
  readonly session: string;
}

/** What came back for one method, as text; undefined where the transport has no request for it. */
type Ask = (method: Method, thing: Thing) => Promise<string>;

interface Client {
  readonly principal: Principal;
  readonly ask: Ask;
}

let transports: Transports;
beforeAll(async () => {
  transports = await serveTransports();
  transports.host.operation.setLevel("core", "info", "somebody");
});
afterAll(() => transports[Symbol.asyncDispose]());

const roles: readonly Role[] = ["read", "run", "operate", "configure"];
const tokenOf = (role: Role) => tokens.find(({ name }) => name === role)?.token ?? transports.token;
const json = { "content-type": "application/json" };
const send = async (parts: RequestParts): Promise<string> => {
  const { status, body } = await exchange(transports.port, requestOf(transports.port, parts));
  return `${status} ${body}`;
};
const post = (path: string, body: object, headers: Record<string, string>) =>
  send({ path, body: JSON.stringify(body), headers: { ...json, ...headers } });

function wire(role: Role): Client {
  const talk = new WireTalk(transports.port, tokenOf(role), "me");
  const call = (method: string, params: object) => ({ t: "call", method, params });
  const open = { t: "open", flow: "run", input: { code: "print x" } };
  const frames: Partial<Record<Method, (thing: Thing) => Readonly<Record<string, unknown>>>> = {
    "runs.open": () => open,
    "runs.env": () => ({ ...open, input: { code: "print x", env: { NAME: "x" } } }),
    "runs.get": ({ run }) => call("runs.get", { run }),
    "runs.list": () => call("runs.list", { limit: 500 }),
    "runs.steer": ({ run }) => ({ t: "interrupt", run }),
    "runs.files": ({ run }) => call("files.list", { run }),
    "journal.follow": ({ run }) => ({ t: "follow", run }),
    "sessions.use": ({ session }) => ({ ...open, session }),
    "sessions.list": () => call("sessions.list", {}),
    "sessions.close": ({ session }) => call("sessions.close", { session }),
    "sessions.files": ({ session }) => call("files.list", { session }),
    "feed.read": ({ run }) => call("host.entry", { seq: entryOf(run) }),
    "status.read": () => call("models", {}),
    "settings.get": () => call("settings.get", { instance: "actor" }),
    "settings.set": () => call("settings.set", { instance: "actor", values: { delay: "1ms" } }),
    "instances.operate": () => call("instances.restart", { instance: "actor" }),
    "profile.apply": () => call("profile.preview", {}),
  };
  const name = role === "configure" ? "main" : role;
  return {
    principal: { realm: "wire", name, role, client: "me" },
    ask: async (method, thing) => JSON.stringify(await talk.ask(frames[method]?.(thing) ?? {})),
  };
}

/** What a page carries that somebody opened who may do everything. */
let anybody: () => Promise<Record<string, string>> = async () => {
  const { headers } = await signedIn("configure");
  anybody = async () => headers;
  return headers;
};

async function signedIn(role: Role) {
  const links = { path: "/monitor/api/links", headers: { ...json, authorization: `Bearer ${transports.token}` } };
  const { body } = await exchange(
    transports.port,
    requestOf(transports.port, { ...links, body: JSON.stringify({ role }) }),
  );
  const { cookie, csrf } = await goodClients(transports.port, "").signIn((JSON.parse(body) as { link: string }).link);
  return { cookie, headers: { cookie, "x-sluice-csrf": csrf } };
}

async function page(role: Role): Promise<Client> {
  const { cookie, headers } = await signedIn(role);
  const get = (path: string) => send({ method: "GET", path: `/monitor/api/${path}`, headers });
  const write = (path: string, content: object) => post(`/monitor/api/${path}`, content, headers);
  const linkTo = async (run: string, headers: Record<string, string>) =>
    JSON.parse((await post(`/monitor/api/runs/${run}/link`, {}, headers)).slice(4)) as { id: string };
  const asks: Partial<Record<Method, (thing: Thing) => Promise<string>>> = {
    "shares.give": ({ run }) => write(`runs/${run}/link`, {}),
    "shares.list": async ({ run }) => {
      await linkTo(run, await anybody());
      return get("shares");
    },
    "shares.end": async ({ run }) => {
      const { id } = await linkTo(run, await anybody());
      return send({ method: "DELETE", path: `/monitor/api/shares/${id}`, headers });
    },
    "sessions.use": ({ session }) => write(`conversations/${session}`, { title: "mine" }),
    "sessions.close": ({ session }) =>
      send({ method: "DELETE", path: `/monitor/api/conversations/${session}`, headers }),
    "sessions.files": ({ session }) => get(`sessions/${session}/files`),
    "runs.files": ({ run }) => get(`runs/${run}/files`),
    "journal.follow": ({ run }) => get(`runs/${run}/bundle`),
    "feed.read": () => get("tap/box"),
    "status.read": () => get("instances"),
    "status.private": async () => "",
    "instances.operate": () => write("instances/core/level", { level: "info" }),
    "sandboxes.list": () => get("sandboxes"),
    "sandboxes.stop": () => write("sandboxes/none/stop", {}),
    "profile.read": () => get("profile"),
    "profile.check": () => write("profile/edit", { text: "version: 1", pointer: "/name", value: "x" }),
    "profile.secrets": async () => "",
    "profile.apply": () => write("profile/apply", { text: "version: 1", revision: "x" }),
  };
  const id = cookie.split("=")[1]?.split(".")[0] ?? "";
  return {
    principal: { realm: "page", name: `page-${id}`, role },
    ask: async (method, thing) => (await asks[method]?.(thing)) ?? "",
  };
}

function tools(role: Role): Client {
  const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
  let count = 0;
  const tool = (name: string, args: object) => {
    count += 1;
    const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name };
    const headers = {
      ...modern,
      authorization: `Bearer ${tokenOf(role)}`,
      accept: "application/json, text/event-stream",
    };
    const client = {
      "io.modelcontextprotocol/clientCapabilities": {},
      "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
    };
    const params = { name, arguments: args, _meta: { ...meta, ...client } };
    return post("/mcp", { jsonrpc: "2.0", id: count, method: "tools/call", params }, headers);
  };
  const asks: Partial<Record<Method, (thing: Thing) => Promise<string>>> = {
    "runs.open": () => tool("run_code", { code: "print x", language: "python" }),
    "runs.get": ({ run }) => tool("get_run", { run }),
    "runs.list": () => tool("list_runs", { limit: 100 }),
    "journal.follow": ({ run }) => tool("get_run", { run }),
    "sessions.use": ({ session }) => tool("run_code", { code: "print x", language: "python", session }),
    "sessions.files": ({ session }) => tool("list_files", { session }),
  };
  const name = role === "configure" ? "main" : role;
  return {
    principal: { realm: "tools", name, role },
    ask: async (method, thing) => (await asks[method]?.(thing)) ?? "",
  };
}

/** Of the host's feed, the one that tells how a run began. */
function entryOf(run: string): number {
  const { entries } = transports.host.feed.read(0, 10_000, (event) => "run" in event && event.run === run);
  return entries[0]?.seq ?? 0;
}

let count = 0;
async function make(owner: string | undefined): Promise<Thing> {
  count += 1;
  const session = `thing-${count}`;
  const given = owner === undefined ? {} : { owner };
  const { run, done } = transports.host.runs.open({ flow: "run", session, input: { code: "print x" }, ...given });
  await done;
  await transports.host.runs.list({ run });
  return { run, session };
}

/** Refused with the code, or left out of what is listed; whoever is told of no such thing is refused as well. */
function allowed(method: Method, said: string, thing: Thing): boolean {
  if (/SLUICE_(WIRE_FORBIDDEN|RUN_NOT_FOUND)/.test(said)) return false;
  if (method === "runs.list" || method === "feed.read" || method === "shares.list") return said.includes(thing.run);
  if (method === "sessions.list" || method === "sandboxes.list") return said.includes(thing.session);
  return true;
}

/** Of these nothing is to be had of a host that was made from code; the host's own matrix has them. */
const silent: readonly Method[] = ["status.private", "profile.secrets"];
const clients = { websocket: wire, "web-monitor": page, mcp: tools } as const;
const standings: readonly Ownership[] = ["own", "others", "nobodys"];

describe.each(Object.keys(clients) as (keyof typeof clients)[])("over %s", (transport) => {
  it.each(roles)("should be allowed or refused to %s what the table says, whosever thing it is", async (role) => {
    const { principal, ask } = await clients[transport](role);
    const owners = {
      own: ownerOf(principal),
      others: ownerOf({ ...principal, name: "somebody-else" }),
      nobodys: undefined,
    };
    const wrong: string[] = [];
    for (const method of surfaces[transport].filter((each) => !silent.includes(each))) {
      for (const standing of standings) {
        const thing = await make(owners[standing]);
        const wanted = roleAllows(role, neededRole(method, standing));
        const said = await ask(method, thing);
        if (allowed(method, said, thing) !== wanted) {
          wrong.push(
            `${method} of ${standing}: ${wanted ? "allowed" : "refused"} by the table, said ${said.slice(0, 200)}`,
          );
        }
        await transports.host.sessions.close(thing.session);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("over lmc, whose key grants run", () => {
  const classic = (path: string, body: object) => post(path, body, { "x-api-key": key });
  const code = { language: "python", code: "print x" };

  it("should be refused the sessions of others and of nobody, and given its own", async () => {
    const owners = { own: "classic:holder", others: "wire:run/me", nobodys: undefined };
    for (const standing of standings) {
      const { session } = await make(owners[standing]);
      const said = [
        await classic(`/run?session=${session}`, code),
        await send({ method: "GET", path: `/download/a.txt?session=${session}`, headers: { "x-api-key": key } }),
        await classic(`/settings?session=${session}`, { messages: [] }),
      ];
      for (const each of said) expect(each.includes("belongs to somebody else"), each).toBe(standing !== "own");
      expect(transports.host.sessions.list().some((each) => each.session === session)).toBe(standing !== "own");
      await transports.host.sessions.close(session);
    }
  });

  it("should be refused the live options of the host's model", async () => {
    const before = transports.host.settings.get("actor");
    expect(
      await classic("/settings", { llm: { temperature: 1, model: "x", api_base: "http://evil.test", api_key: "k" } }),
    ).toContain("403");
    expect(transports.host.settings.get("actor")).toEqual(before);
  });
});

describe("over openai-api, whose key grants run", () => {
  it("should see flows and models, and nothing of anybody's runs", async () => {
    const { run } = await make("wire:run/me");
    const headers = { authorization: `Bearer ${transports.token}` };
    expect(await send({ method: "GET", path: "/v1/models", headers })).toContain('"chat"');
    for (const path of [`/v1/runs/${run}`, `/v1/models/${run}`]) {
      expect(await send({ method: "GET", path, headers })).toMatch(/^404 /);
    }
  });
});
