import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ClientHost, Clock, Logger } from "../../core/contract/index.ts";
import { FeedRing } from "../../core/host/feed.ts";
import { firstToGo } from "../../core/kit/index.ts";
import { BudgetBook } from "../../core/run/budget-book.ts";
import { FakeSandbox } from "../../core/testing/fake-sandbox.ts";
import { AllSettings } from "../../plugins/lmc/conversation-settings.ts";
import { ConversationNames } from "../../plugins/web-monitor/conversation-names.ts";
import { Shares } from "../../plugins/web-monitor/shares.ts";
import { SharedBytes } from "../../plugins/websocket/shared-bytes.ts";
import { Tickets } from "../../plugins/websocket/tickets.ts";
import { flowsOver, sandbox } from "../core/flow/flow-kit.ts";
import { serveMcp } from "../plugins/mcp/mcp-kit.ts";

/** More than any table of ours takes. */
const many = 2_000;
const clock: Clock = { now: () => 0, sleep: () => Promise.resolve() };

describe("whoever takes all that one client may have", () => {
  it("should leave runs and sessions to others", async () => {
    const box = new FakeSandbox((code) => (code === "wait" ? { hang: true } : undefined));
    const { runs, sessions } = flowsOver({ sandboxes: { box } }, { run: sandbox("box") });
    const greedy = Array.from({ length: 250 }, () => runs.open({ input: { code: "wait" }, owner: "greedy/one" }));
    expect(greedy.filter(({ refusal }) => refusal?.code === "SLUICE_OVERLOADED")).toHaveLength(50);
    const other = Array.from({ length: 50 }, () => runs.open({ input: { code: "1" }, owner: "other" }));
    expect(other.filter(({ refusal }) => refusal !== undefined)).toEqual([]);
    for (const run of greedy) run.cancel();
    await Promise.all([...greedy, ...other].map(({ done }) => done));

    let taken = 0;
    expect(() => {
      for (; taken < many; taken += 1) sessions.named(`greedy-${taken}`, `greedy/client-${taken}`);
    }).toThrow("there are already 100 sessions");
    expect(sessions.named("mine", "other").name).toBe("mine");
  });

  it("should push out no settings of another's conversation, such as that it is asked before code runs", () => {
    const all = new AllSettings(true);
    const settings = all.of("other", "mine");
    settings.values.set("auto_run", false);
    settings.chosen = true;
    for (let at = 0; at < many; at += 1) all.of("greedy", `conversation-${at}`);
    expect(all.of("other", "mine").asks).toBe(true);
  });

  it("should push out no link that another has given", () => {
    const shares = new Shares(clock, () => "http://127.0.0.1:1/monitor");
    const given = (owner: string, run: string) =>
      shares.add({ run, runOwner: owner, host: { owner } as ClientHost, giver: owner, until: 1 });
    const { id } = given("other", "theirs");
    for (let at = 0; at < many; at += 1) given("greedy", `run-${at}`);
    expect(shares.list().some((share) => share.id === id)).toBe(true);
    expect(shares.list()).toHaveLength(256);
  });

  it("should push out no ticket of another", () => {
    const tickets = new Tickets(clock, 1_000);
    const { ticket } = tickets.create({ name: "other", role: "run" });
    for (let at = 0; at < many; at += 1) tickets.create({ name: "greedy", role: "run" });
    expect(tickets.redeem(ticket)).toMatchObject({ name: "other" });
  });

  it("should push out no name that another gave to a conversation, nor take it over", () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-names-"));
    try {
      const open = () =>
        new ConversationNames(join(folder, "names.json"), { warn: () => {} } as unknown as Logger, folder);
      const names = open();
      names.rename("theirs", "My numbers", "page:other");
      names.remove("gone", "2026-01-01T00:00:00.000Z", "page:other");
      for (let at = 0; at < 300; at += 1) names.rename(`conversation-${at}`, "x", "page:greedy");
      // What a host before this one wrote down counts for whoever it was.
      const after = open();
      for (let at = 300; at < 900; at += 1) after.rename(`conversation-${at}`, "x", "page:greedy");
      expect(after.of("theirs")).toMatchObject({ title: "My numbers" });
      expect(after.of("gone")).toMatchObject({ removed: "2026-01-01T00:00:00.000Z" });
      expect([after.of("conversation-0").title, after.of("conversation-899").title]).toEqual([undefined, "x"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("should make no budget of another begin anew, by as many strangers as a transport without keys has", () => {
    const limits = { client: { tokens: 100, per: 1_000_000 } };
    let now = 0;
    const book = new BudgetBook(limits, () => now);
    const of = (owner: string) => {
      const session = { spentBefore: undefined, budget: undefined };
      return book.of({ session, owner, budget: undefined, timeout: undefined }).budgets[0];
    };
    of("wire:other")?.add({ inputTokens: 100, outputTokens: 0, usd: null });
    for (let at = 0; at < 11_000; at += 1) of(`lmc:stranger-${at}`);
    expect(of("wire:other")?.spent.input).toBe(100);
    // Those whose time is over leave before anybody else does.
    now = 2_000_000;
    of("wire:late")?.add({ inputTokens: 7, outputTokens: 0, usd: null });
    for (let at = 0; at < 9_000; at += 1) of(`wire:stranger-${at}`);
    expect(of("wire:late")?.spent.input).toBe(7);
  });

  it("should push out nothing that others are shown of their connections, by as many sandboxes as there are", () => {
    const feed = new FeedRing();
    const base = { time: "2026-01-01T00:00:00.000Z", source: "core" };
    const open = { connection: "theirs", status: "open" as const };
    feed.push({ ...base, type: "connection-status", data: open } as never);
    for (let at = 0; at < many; at += 1)
      feed.push({ ...base, type: "sandbox-status", data: { container: `c${at}`, status: "ready" } } as never);
    expect(feed.retained.filter(({ type }) => type === "connection-status")).toHaveLength(1);
    expect(feed.retained).toHaveLength(1_000);
  });

  it("should leave bytes of files that are under way to others", () => {
    const total = new SharedBytes();
    while (total.take("greedy", 100, 1_000));
    expect(total.take("other", 200, 1_000)).toBe(true);
    expect(total.take("other", 100, 1_000)).toBe(false);
    total.give("greedy", 100);
    expect([total.take("other", 100, 1_000), total.take("greedy", 100, 1_000)]).toEqual([true, false]);
  });

  it("should leave protocol sessions of MCP to others", async () => {
    const tokens = [{ name: "other", token: "the-token-of-the-other", role: "run" }];
    await using server = await serveMcp({ tokens, limits: { connections: 4 } });
    const begin = async (token: string | null) => {
      const headers = {
        ...{ "content-type": "application/json", accept: "application/json, text/event-stream" },
        authorization: `Bearer ${token}`,
      };
      const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
      const answer = await fetch(server.url, { method: "POST", headers, body });
      await answer.text();
      return {
        status: answer.status,
        headers: { ...headers, "mcp-session-id": answer.headers.get("mcp-session-id") ?? "" },
      };
    };
    const own = await begin("the-token-of-the-other");
    const statuses: number[] = [];
    for (let at = 0; at < 12; at += 1) statuses.push((await begin(server.host.info.token)).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect((await begin("the-token-of-the-other")).status).toBe(200);
    const body = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list" });
    expect((await fetch(server.url, { method: "POST", headers: own.headers, body })).status).toBe(200);
  });
});

describe("who makes room", () => {
  const table = (owners: string) => new Map([...owners].map((owner, at) => [`${owner}${at}`, owner] as const));
  it.each([
    ["", undefined],
    ["a", "a0"],
    ["abb", "b1"],
    ["bab", "b0"],
    ["ab", "a0"],
    ["abcbc", "b1"],
  ])("should be the first of whoever has the most among %j", (owners, first) => {
    expect(firstToGo(table(owners), (owner) => owner)).toBe(first);
  });
});
