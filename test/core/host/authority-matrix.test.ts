import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { neededRole } from "../../../core/command-line.ts";
import type { ClientHost, Method, Role } from "../../../core/contract/index.ts";
import { ownerOf } from "../../../core/host/authority/ownership.ts";
import { authority, type Ownership } from "../../../core/host/authority/table.ts";
import { roleAllows } from "../../../core/kit/index.ts";
import { startTestHost, type TestHost } from "../../../core/testing/index.ts";

/** A run, and a session, of the same owner. */
interface Thing {
  readonly run: string;
  readonly session: string;
}

/** Resolves true when the host did it, or showed it; a list that leaves the thing out does not. */
type Ask = (host: ClientHost, thing: Thing) => unknown;

/** How each method of the table is asked for. A new row of the table is a fault here until it says how. */
const asks: Readonly<Record<Method, Ask>> = {
  "runs.open": (host) => host.runs.open({ flow: "run", input: { code: "print x" } }).run !== "",
  "runs.env": (host) => host.runs.open({ flow: "run", input: { code: "print x", env: { NAME: "x" } } }).run !== "",
  "runs.get": (host, { run }) => host.runs.get(run)?.run === run,
  "runs.list": async (host, { run }) => (await host.runs.list({ limit: 500 })).some((each) => each.run === run),
  "runs.steer": async (host, { run }) => (await host.runs.get(run)?.interrupt()) !== undefined,
  "runs.files": async (host, { run }) => (await host.runs.get(run)?.files()) !== undefined,
  "journal.follow": async (host, { run }) => {
    for await (const page of host.journal.follow(run, 0)) return page.kind === "events";
    return false;
  },
  // The links are the page's; whose they are is the host's to judge.
  "shares.give": (host, { run }) => host.allows("shares.give", started.host.runs.get(run)?.owner),
  "shares.list": (host, { run }) => host.allows("shares.list", started.host.runs.get(run)?.owner),
  "shares.end": (host, { run }) => host.allows("shares.end", started.host.runs.get(run)?.owner),
  "sessions.use": (host, { session }) =>
    host.runs.open({ flow: "run", session, input: { code: "print x" } }).run !== "",
  "sessions.list": (host, { session }) => host.sessions.list().some((each) => each.session === session),
  "sessions.close": async (host, { session }) => (await host.sessions.close(session)) || true,
  "sessions.files": async (host, { session }) => (await host.sessions.files(session)) !== undefined,
  "feed.read": (host, { run }) =>
    host.feed.read(0, 10_000).entries.some(({ event }) => "run" in event && event.run === run),
  "feed.people": (host) => host.feed.read(0, 10_000).entries.some(({ event }) => event.type === "audit"),
  "status.read": (host) => host.models.list().length > 0,
  "status.private": (host) => JSON.stringify(host.operation.instances()).includes("for-configure-alone"),
  "settings.get": (host) => host.settings.get("actor") !== undefined,
  "settings.set": (host) => host.settings.set("actor", { delay: "1ms" }, "test") === undefined,
  "instances.operate": (host) => host.operation.setLevel("core", "info", "test") === undefined,
  "sandboxes.list": async (host, { session }) =>
    (await host.operation.sandboxes(AbortSignal.timeout(5_000))).some((each) => each.session === session),
  "sandboxes.stop": async (host) => (await host.operation.stopSandbox("none", "test")) === false,
  "profile.read": (host) => unlessFromCode(host.operation.profile.read()),
  "profile.check": (host) => unlessFromCode(host.operation.profile.check("version: 1")),
  "profile.secrets": (host) => host.demand("profile.secrets") === undefined,
  "profile.apply": (host) => unlessFromCode(host.operation.profile.apply("version: 1", "", "test")),
};

const roles: readonly Role[] = ["read", "run", "operate", "configure"];
const standings: readonly Ownership[] = ["own", "others", "nobodys"];

let started: TestHost;

/** The host of the test is made from code: whoever gets as far as to hear that may do it. */
async function unlessFromCode(asked: Promise<unknown>): Promise<boolean> {
  return asked.then(
    () => true,
    (error: { code?: string }) => {
      if (error.code === "SLUICE_CONFIG_NOT_FOUND") return true;
      throw error;
    },
  );
}

beforeAll(async () => {
  started = await startTestHost({
    config: {
      version: 1,
      plugins: {
        box: { use: "../../fixtures/mcp/fake-box" },
        actor: { use: "llm-scripted", with: { script: ["Hello."], repeat: true } },
        docker: { use: "docker-sandbox", with: { env: { NAME: "for-configure-alone" } }, onStartError: "skip" },
      },
      flows: { run: "box", chat: "actor" },
    },
    cwd: import.meta.dirname,
    instances: ["box", "actor"],
  });
  started.host.operation.setLevel("core", "info", "somebody");
});
afterAll(() => started[Symbol.asyncDispose]());

let count = 0;

async function make(owner: string | undefined): Promise<Thing> {
  count += 1;
  const session = `session-${count}`;
  const given = owner === undefined ? {} : { owner };
  await started.host.sessions.close(`session-${count - 1}`);
  const { run, done } = started.host.runs.open({ flow: "run", session, input: { code: "print x" }, ...given });
  await done;
  // Listing waits for the store: what it has not accepted nobody sees.
  await started.host.runs.list({ run });
  return { run, session };
}

async function allowed(ask: Ask, host: ClientHost, thing: Thing): Promise<boolean> {
  try {
    return (await ask(host, thing)) === true;
  } catch (error) {
    if ((error as { code?: string }).code === "SLUICE_WIRE_FORBIDDEN") return false;
    throw error;
  }
}

describe.each(Object.keys(authority) as Method[])("%s", (method) => {
  it.each(roles)("should be allowed or refused to %s as the table says, whosever thing it is", async (role) => {
    const principal = { realm: "wire", name: role, role };
    const host = started.host.forTransport("wire").as(principal);
    const owners = { own: ownerOf(principal), others: ownerOf({ ...principal, realm: "another" }), nobodys: undefined };
    for (const standing of standings) {
      const thing = await make(owners[standing]);
      const wanted = roleAllows(role, neededRole(method, standing));
      expect([standing, await allowed(asks[method], host, thing)]).toEqual([standing, wanted]);
      await started.host.sessions.close(thing.session);
    }
  });
});

describe("a run that continues another one", () => {
  it.each(roles.filter((role) => role !== "read"))("should be told of none that %s may not read", async (role) => {
    const principal = { realm: "wire", name: role, role };
    const host = started.host.forTransport("wire").as(principal);
    const owners = { own: ownerOf(principal), others: ownerOf({ ...principal, realm: "another" }), nobodys: undefined };
    for (const standing of standings) {
      const thing = await make(owners[standing]);
      const run = host.runs.open({ flow: "chat", input: { text: "and?" }, session: "mine", continues: thing.run });
      const { status } = (await run.done).data;
      const wanted = roleAllows(role, neededRole("journal.follow", standing)) ? "ok" : "failed";
      expect([standing, status]).toEqual([standing, wanted]);
      await started.host.sessions.close("mine");
    }
  });
});

describe("a principal", () => {
  it("should be told the host's token by no answer", () => {
    const host = started.host.forTransport("wire").as({ name: "main", role: "configure" });
    expect(host.info.token).toBeNull();
  });

  it("should not become another one by what it calls itself", () => {
    const one = ownerOf({ realm: "wire", name: "ci/nightly", role: "run" });
    const other = ownerOf({ realm: "wire", name: "ci", role: "run", client: "nightly" });
    expect(one).not.toBe(other);
    expect(ownerOf({ name: "a%2Fb", role: "run" })).not.toBe(ownerOf({ name: "a/b", role: "run" }));
  });

  it("should have keys of its own, so that nobody's repeated open gives somebody else's run", async () => {
    const [mine, theirs] = ["mine", "theirs"].map((name) =>
      started.host.forTransport("wire").as({ name, role: "run" }),
    );
    const open = { flow: "run", key: "same", owner: "somebody", input: { code: "print x" } };
    const first = mine?.runs.open(open);
    expect(mine?.runs.open(open).run).toBe(first?.run);
    expect(theirs?.runs.open(open).run).not.toBe(first?.run);
    expect(first?.owner).toBe("wire:mine");
  });

  it("should see its runs after the host was started anew, and others' as little as before", async () => {
    const { host } = started;
    const mine = host.forTransport("wire").as({ name: "mine", role: "run" });
    const { run } = await make("wire:theirs");
    // Beyond the hundred that are kept in memory the store alone knows whose it was.
    for (let index = 0; index < 101; index += 1) await make(undefined);
    expect(host.runs.get(run)).toBeUndefined();
    await expect(mine.journal.has(run)).rejects.toMatchObject({ code: "SLUICE_WIRE_FORBIDDEN" });
    await expect(host.forTransport("wire").as({ name: "theirs", role: "read" }).journal.has(run)).resolves.toBe(true);
  });
});
