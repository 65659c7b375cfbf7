import { lastValueFrom, map, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import type { FakeRun } from "../../plugins/websocket/fake-host.ts";
import { serveTransport } from "../../plugins/websocket/websocket-kit.ts";
import { clientOf, silentHost } from "./client-kit.ts";

const answer = (run: FakeRun) => {
  for (const text of ["a", "b", "c"]) run.text(text);
  run.end();
};

const textOf = (events: readonly RunEvent[]) =>
  events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("");

describe("the client", () => {
  it("should give a run's events as an Observable that completes after run-end", async () => {
    await using transport = await serveTransport({ chat: answer });
    await using client = clientOf(transport.url);
    const events = await lastValueFrom(client.run("chat", "hello").pipe(toArray()));
    expect(textOf(events)).toBe("abc");
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(transport.host.all.get("run-1")?.options.input).toEqual({ text: "hello" });
  });

  it("should give a run's events by async iteration", async () => {
    await using transport = await serveTransport({ chat: answer });
    await using client = clientOf(transport.url);
    const events: RunEvent[] = [];
    for await (const event of client.run("chat", { code: "1", language: "python" })) events.push(event);
    expect(textOf(events)).toBe("abc");
  });

  it("should give events to whoever opened the run, and refuse whoever followed it by its name meanwhile", async () => {
    await using transport = await serveTransport({ chat: answer });
    await using client = clientOf(transport.url);
    await client.ready();
    const opened = client.run("chat", "hello");
    const followed = client.follow("run-1");
    const [own, other] = await Promise.allSettled([lastValueFrom(opened.pipe(toArray())), lastValueFrom(followed)]);
    expect(own.status === "fulfilled" && textOf(own.value)).toBe("abc");
    expect(other).toMatchObject({ status: "rejected", reason: { code: "SLUICE_USAGE" } });
  });

  it("should read long runs to the end, acknowledging them as they are read", async () => {
    const count = 5000;
    await using transport = await serveTransport({
      chat: (run) => {
        for (let index = 0; index < count; index += 1) run.text("x".repeat(index % 100 === 0 ? 30_000 : 10));
        run.end();
      },
    });
    await using client = clientOf(transport.url);
    const seqs = await lastValueFrom(
      client.run("chat", "x").pipe(
        map(({ seq }) => seq),
        toArray(),
      ),
    );
    expect(seqs).toEqual(Array.from({ length: count + 2 }, (_, index) => index + 1));
  });

  it("should hold no more than the host's window for a reader that does not read", async () => {
    await using transport = await serveTransport({
      chat: (run) => {
        for (let index = 0; index < 2000; index += 1) run.text("x");
        run.end();
      },
    });
    await using client = clientOf(transport.url);
    const stream = client.run("chat", "x");
    await stream.opened;
    await client.call("status");
    const reader = stream[Symbol.asyncIterator]();
    const first = await reader.next();
    expect(first.value?.seq).toBe(1);
    let last = first.value;
    for (;;) {
      const { done, value } = await reader.next();
      if (done) break;
      last = value;
    }
    expect(last).toMatchObject({ type: "run-end", seq: 2002 });
  });

  it("should give up a run that the host does not end in its time, and cancel it", async () => {
    await using transport = await serveTransport({ chat: (run) => run.text("a") });
    await using client = clientOf(transport.url);
    const stream = client.run("chat", "x", { timeout: 50, keep: true });
    await expect(lastValueFrom(stream.pipe(toArray()))).rejects.toMatchObject({ code: "SLUICE_RUN_TIMEOUT" });
    await expect.poll(() => transport.host.all.get("run-1")?.cancels).toEqual(["run"]);
  });

  it("should wait for a run as long as its time is, however long", async () => {
    await using transport = await serveTransport({ chat: answer });
    await using client = clientOf(transport.url);
    const events = await lastValueFrom(client.run("chat", "x", { timeout: 2 ** 33 }).pipe(toArray()));
    expect(events.at(-1)?.type).toBe("run-end");
  });

  it("should give up an open without an answer when the run's time is over", async () => {
    await using silent = await silentHost();
    await using client = clientOf(silent.url);
    await expect(client.run("chat", "x", { timeout: 50 }).opened).rejects.toMatchObject({
      code: "SLUICE_WIRE_TIMEOUT",
    });
    await using hasty = clientOf(silent.url, { timeout: 50 });
    await hasty.ready();
    for (const wait of [
      () => hasty.run("chat", "x").opened,
      () => hasty.follow("run-1").opened,
      () => hasty.call("status"),
      () => hasty.file({ session: "s" }, "a"),
      () => hasty.call("files.put", { session: "s", files: [{ path: "a", content: new Uint8Array(2_000_000) }] }),
      () => hasty.cancel("run-1"),
    ]) {
      await expect(wait()).rejects.toMatchObject({ code: "SLUICE_WIRE_TIMEOUT" });
    }
  });

  it("should cancel its run when the stream is left, and only leave one that it follows", async () => {
    await using transport = await serveTransport({ chat: (run) => run.text("a") });
    await using client = clientOf(transport.url);
    await using other = clientOf(transport.url);
    const stream = client.run("chat", "x");
    const run = await stream.opened;
    for await (const event of other.follow(run)) if (event.type === "text-delta") break;
    await other.call("status");
    expect(transport.host.all.get(run)?.ended).toBe(false);
    for await (const event of stream) if (event.type === "text-delta") break;
    expect((await transport.host.all.get(run)?.done)?.data.status).toBe("cancelled");
  });

  it("should steer a run through its stream", async () => {
    await using transport = await serveTransport({ chat: () => {} });
    await using client = clientOf(transport.url);
    const stream = client.run("chat", "x", { interactive: true });
    await stream.input({ kind: "stdin", text: "7\n" });
    expect(await stream.interrupt()).toBe(true);
    await stream.cancel();
    const run = transport.host.all.get(await stream.opened);
    expect(run?.answers).toEqual([{ kind: "stdin", text: "7\n" }]);
    expect(run?.options.interactive).toBe(true);
    expect(run?.cancels).toEqual(["run"]);
  });

  it("should give the host's refusal of a run as the stream's typed error", async () => {
    await using transport = await serveTransport({ chat: answer });
    await using client = clientOf(transport.url);
    await expect(lastValueFrom(client.run("nope", "x"))).rejects.toMatchObject({ code: "SLUICE_FLOW_NOT_FOUND" });
    await expect(lastValueFrom(client.follow("run-9"))).rejects.toMatchObject({ code: "SLUICE_RUN_NOT_FOUND" });
    await expect(client.call("nope")).rejects.toMatchObject({ code: "SLUICE_WIRE_PROTOCOL" });
  });

  it("should join events that are larger than a frame", async () => {
    const picture = "é".repeat(1_500_000);
    await using transport = await serveTransport({
      chat: (run) => {
        run.emit("exec-result", { data: { "text/plain": picture } });
        run.end();
      },
    });
    await using client = clientOf(transport.url);
    const events = await lastValueFrom(client.run("chat", "x").pipe(toArray()));
    expect(events[1]).toMatchObject({ type: "exec-result", data: { data: { "text/plain": picture } } });
  });

  it("should say a gap as an event in its place", async () => {
    await using transport = await serveTransport({ chat: (run) => answer(run) });
    await using client = clientOf(transport.url);
    await (await client.run("chat", "x", { keep: true })).opened;
    transport.host.forgotten = 3;
    await using other = clientOf(transport.url);
    const events = await lastValueFrom(other.follow("run-1").pipe(toArray()));
    expect(events.map(({ type, seq }) => [type, seq])).toEqual([
      ["gap", 3],
      ["text-delta", 4],
      ["run-end", 5],
    ]);
  });

  it("should refuse a second reader of one stream by name", async () => {
    await using transport = await serveTransport({ chat: answer });
    await using client = clientOf(transport.url);
    const stream = client.run("chat", "x");
    await lastValueFrom(stream);
    await expect(lastValueFrom(stream)).rejects.toMatchObject({ code: "SLUICE_USAGE" });
  });
});
