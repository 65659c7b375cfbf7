import { describe, expect, it } from "vitest";
import { clusterHost, untilSeen } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const file = (path: string, text: string) => ({ path, content: new TextEncoder().encode(text) });
const text = (content: Uint8Array) => new TextDecoder().decode(content);
const input = { text: "go" };

async function two(script: readonly unknown[] = ["Said."]) {
  const server = await TestNats.start();
  const one = await clusterHost(server.url, { script });
  const other = await clusterHost(server.url, { script });
  await Promise.all([untilSeen(one, 2), untilSeen(other, 2)]);
  return { server, one, other };
}

describe.skipIf(natsServer === undefined)("sessions of a cluster", () => {
  it("should be listed, given files, read and ended from any host", async () => {
    const { one, other } = await two();
    await one.sessions.put("talk", [file("a.txt", "one")], "me");
    await other.sessions.put("talk", [file("b.txt", "two")], "me");
    expect(other.sessions.list()).toEqual([]);
    expect(await other.sessions.all()).toMatchObject([{ session: "talk", owner: "me", host: one.info.host }]);
    expect((await other.sessions.files("talk")).map(({ path }) => path)).toEqual(["a.txt", "b.txt"]);
    expect(text(await other.sessions.get("talk", "a.txt"))).toBe("one");
    expect(text(await one.sessions.get("talk", "b.txt"))).toBe("two");
    await expect(other.sessions.get("talk", "c.txt")).rejects.toMatchObject({ code: "SLUICE_FILE_NOT_FOUND" });
    expect(await other.sessions.close("talk")).toBe(true);
    expect(one.sessions.list()).toEqual([]);
    expect(await other.sessions.close("talk")).toBe(false);
    await expect(other.sessions.files("talk")).rejects.toMatchObject({ code: "SLUICE_SESSION_NOT_FOUND" });
  });

  it("should take files that are larger than a message may be, both ways", async () => {
    const { one, other } = await two();
    const large = "0123456789abcdef".repeat(200_000);
    await one.sessions.put("talk", [file("a.txt", "one")]);
    await other.sessions.put("talk", [file("large.txt", large)]);
    expect(text(await one.sessions.get("talk", "large.txt"))).toBe(large);
    expect(text(await other.sessions.get("talk", "large.txt"))).toBe(large);
    const run = other.runs.open({ input: { ...input, files: [file("more.txt", large)] }, session: "talk" });
    expect((await run.done).data.status).toBe("ok");
    expect(text(await one.sessions.get("talk", "more.txt"))).toBe(large);
  });

  it("should not be mistaken for a later one of the same name", async () => {
    const { one, other } = await two();
    await one.sessions.put("talk", [file("a.txt", "one")], "me");
    const seen = await other.sessions.find("talk");
    await one.sessions.close("talk");
    await one.sessions.put("talk", [file("a.txt", "secret")], "somebody");
    const refused = { code: "SLUICE_SESSION_NOT_FOUND" };
    await expect(other.sessions.get("talk", "a.txt", seen)).rejects.toMatchObject(refused);
    await expect(other.sessions.files("talk", seen)).rejects.toMatchObject(refused);
    await expect(other.sessions.put("talk", [file("b.txt", "x")], "me", seen)).rejects.toMatchObject(refused);
    expect(await other.sessions.close("talk", seen)).toBe(false);
  });

  it("should refuse what cannot be told to the host that has them, and begin no second one", async () => {
    const { one, other } = await two();
    await one.sessions.put("talk", [file("a.txt", "one")], "me");
    const stdin = { async *[Symbol.asyncIterator]() {} } as never;
    const piped = other.runs.open({
      input: { code: "print(1)", stdin } as never,
      flow: "chat",
      session: "talk",
      owner: "me",
    });
    const events = [];
    for await (const event of piped.events()) events.push(event);
    expect(events.find(({ type }) => type === "error")?.data).toMatchObject({ code: "SLUICE_SESSION_ELSEWHERE" });
    expect(other.sessions.list()).toEqual([]);
  });

  it("should go on at another host when their own stops, with their files and what was said", async () => {
    const server = await TestNats.start();
    const script = ["First.", "Second."];
    const one = await clusterHost(server.url, { script });
    const other = await clusterHost(server.url, { script: ["Not this.", "Third."] });
    await untilSeen(one, 2);
    await one.sessions.put("talk", [file("a.txt", "kept")], "me");
    const first = one.runs.open({ input, session: "talk", owner: "me" });
    expect((await first.done).data.status).toBe("ok");
    await one.close();
    const stranger = other.runs.open({ input, session: "talk", owner: "somebody" });
    expect((await stranger.done).data).toMatchObject({ status: "failed" });
    const second = other.runs.open({ input, session: "talk", owner: "me" });
    const events = [];
    for await (const event of second.events()) events.push(event);
    expect(events[0]?.data).toMatchObject({ continues: first.run });
    expect(JSON.stringify(events)).toContain("Third.");
    expect(text(await other.sessions.get("talk", "a.txt"))).toBe("kept");
    expect(await other.cluster?.sessions.left("talk")).toBeUndefined();
  });
});
