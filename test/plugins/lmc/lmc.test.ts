import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { png } from "../../core/kit/upstream/pictures.ts";
import type { FakeRun } from "../websocket/fake-host.ts";
import { key, keyed, serveLmc } from "./lmc-kit.ts";

const exited = { exitCode: 0, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 };
const complete = { role: "server", type: "status", content: "complete" };
const message = { role: "assistant", type: "message" };
const code = { role: "assistant", type: "code", format: "python" };
const console_ = { role: "computer", type: "console" };

const interpreter = (run: FakeRun) => {
  run.text("Let me ");
  run.text("see.");
  run.emit("text-end", {});
  run.emit("code-start", { language: "python" });
  run.emit("code-delta", { text: "print(1)" });
  run.emit("code-end", {});
  run.emit("exec-start", { language: "python", code: "print(1)" });
  run.emit("exec-stdout", { text: "1\n", offset: 0 });
  run.emit("exec-stderr", { text: "warned\n", offset: 0 });
  run.emit("exec-result", { data: { "image/png": "aGk=", "text/plain": "<Figure>" } });
  run.emit("exec-end", { status: "exited", ...exited });
  run.text("Done.");
  run.end();
};

describe("the LMC transport", () => {
  it("should go through the whole sequence of an answer that runs code", async () => {
    await using server = await serveLmc({ chat: interpreter });
    const socket = await server.connect();
    expect(await socket.authenticate()).toBe(true);
    socket.say("run it");
    await socket.completed();
    expect(socket.frames.slice(1)).toEqual([
      { ...message, start: true },
      { ...message, content: "Let me " },
      { ...message, content: "see." },
      { ...message, end: true },
      { ...code, start: true },
      { ...code, content: "print(1)" },
      { ...code, end: true },
      { ...console_, start: true },
      { ...console_, format: "active_line", content: 1 },
      { ...console_, format: "output", content: "1\n" },
      { ...console_, format: "output", content: "warned\n" },
      { ...console_, end: true },
      { role: "computer", type: "image", format: "base64.png", start: true },
      { role: "computer", type: "image", format: "base64.png", content: "aGk=" },
      { role: "computer", type: "image", format: "base64.png", end: true },
      { ...console_, start: true },
      { ...console_, format: "active_line", content: null },
      { ...console_, end: true },
      { ...message, start: true },
      { ...message, content: "Done." },
      { ...message, end: true },
      complete,
    ]);
  });

  it("should answer every frame before authentication with auth false, and nothing else", async () => {
    await using server = await serveLmc({ chat: interpreter }, { key: "right-key" });
    const socket = await server.connect();
    const other = await server.connect();
    await other.authenticate("right-key");
    socket.say("run it");
    socket.socket.send("no JSON");
    socket.send({ auth: "wrong-key" });
    other.say("run it");
    await other.completed();
    await socket.until(() => socket.frames.length >= 5);
    expect(socket.frames).toEqual(Array(5).fill({ auth: false }));
    socket.send({ auth: "right-key" });
    await socket.until(({ auth }) => auth === true);
    socket.send({ auth: "right-key" });
    socket.say("run it");
    await socket.completed();
    expect(socket.frames.filter((frame) => "auth" in frame).length).toBe(6);
  });

  it("should bear the server's own address as an origin, which a classic client sends, and no other", async () => {
    await using server = await serveLmc({ chat: interpreter });
    const status = (origin: string) =>
      new Promise((resolve) => {
        const socket = new WebSocket(server.address.replace("http", "ws"), { origin });
        socket.once("open", () => resolve("open"));
        socket.once("error", ({ message }) => resolve(message));
      });
    expect(await status(server.address)).toBe("open");
    expect(await status("http://127.0.0.1:1")).toContain("403");
  });

  it("should keep clients apart: each hears its own answers, in its own session", async () => {
    await using server = await serveLmc({ chat: (run) => run.text("for you") });
    const [a, b] = [await server.connect(), await server.connect("?session=mine")];
    await a.authenticate();
    await b.authenticate();
    a.say("x");
    await a.until(({ content }) => content === "for you");
    expect(b.frames).toEqual([{ auth: true }]);
    b.say("y");
    await b.until(({ content }) => content === "for you");
    const sessions = [...server.host.all.values()].map(({ session }) => session);
    expect(sessions).toEqual([expect.stringMatching(/^lmc-/), "mine"]);
  });

  it("should put a message together from its parts, with files in the workspace", async () => {
    await using server = await serveLmc({ chat: (run) => run.end() });
    const socket = await server.connect();
    await socket.authenticate();
    socket.send({ role: "user", type: "message", start: true });
    socket.send({ role: "user", type: "message", content: "What is " });
    socket.send({ role: "user", type: "message", content: "this?" });
    socket.send({ role: "user", type: "image", format: "base64.png", content: png.toString("base64") });
    socket.send({ role: "user", type: "file", format: "path", content: "notes.txt" });
    socket.send({ role: "user", end: true });
    await socket.completed();
    expect(server.host.all.get("run-1")?.options.input).toEqual({
      text: "What is this?\nThe image is at image-1.png in the workspace.\nThe file is at notes.txt in the workspace.",
      files: [{ path: "image-1.png", content: png }],
    });
  });

  it("should say complete exactly once for an answer that is stopped, and once for a stop when idle", async () => {
    await using server = await serveLmc({ chat: (run) => run.text("waiting") });
    const socket = await server.connect();
    await socket.authenticate();
    socket.command("stop");
    await socket.completed(1);
    socket.say("x");
    await socket.until(({ content }) => content === "waiting");
    socket.command("stop");
    await socket.completed(2);
    expect(server.host.all.get("run-1")?.cancels).toEqual(["run"]);
    expect(socket.frames.slice(2)).toEqual([
      { ...message, start: true },
      { ...message, content: "waiting" },
      { ...message, end: true },
      complete,
    ]);
  });

  it("should end the answer under way when a new message starts: one complete for each", async () => {
    await using server = await serveLmc({
      chat: (run) => (run.run === "run-1" ? run.text("first") : interpreter(run)),
    });
    const socket = await server.connect();
    await socket.authenticate();
    socket.say("x");
    await socket.until(({ content }) => content === "first");
    socket.say("y");
    await socket.until(({ content }) => content === "Done.");
    await socket.completed(2);
    expect(socket.completes).toBe(2);
    expect(server.host.all.get("run-1")?.cancels.length).toBeGreaterThan(0);
  });

  it("should tell a failure as one error and one complete", async () => {
    await using server = await serveLmc({
      chat: (run) => {
        const body = { code: "SLUICE_MODEL_AUTH", class: "auth", cure: "c", retryable: false } as const;
        run.emit("error", { ...body, message: "the key was refused" });
        run.end("failed");
      },
    });
    const socket = await server.connect();
    await socket.authenticate();
    socket.say("x");
    await socket.completed();
    expect(socket.frames.slice(1)).toEqual([
      { role: "server", type: "error", content: "the key was refused" },
      complete,
    ]);
  });

  it("should wait for go where the flow asks for approval, unless auto_run is set", async () => {
    const guarded = async (run: FakeRun) => {
      run.emit("approval-request", { message: "run it?" });
      await new Promise((resolve) => run.changed.once("answer", resolve));
      run.emit("exec-stdout", { text: "ran", offset: 0 });
      run.end();
    };
    await using server = await serveLmc({ chat: guarded }, { key });
    const socket = await server.connect();
    await socket.authenticate();
    socket.say("x");
    await socket.completed(1);
    socket.command("go");
    await socket.completed(2);
    expect(server.host.all.get("run-1")?.answers).toEqual([{ kind: "approval", approved: true, question: 2 }]);
    const body = JSON.stringify({ auto_run: true });
    await fetch(`${server.address}/settings`, { method: "POST", body, headers: keyed });
    socket.say("y");
    await socket.completed(3);
    expect(server.host.all.get("run-2")?.answers).toEqual([{ kind: "approval", approved: true, question: 2 }]);
  });

  it("should answer what is no message with an error and complete, ignore what means nothing, and work on", async () => {
    await using server = await serveLmc({ chat: (run) => run.end() });
    const socket = await server.connect();
    await socket.authenticate();
    socket.socket.send(Buffer.from([1, 2]), { binary: true });
    for (const text of ["no JSON", "5", "null"]) socket.socket.send(text);
    socket.send({ role: "user", end: true });
    socket.send({ role: "user", type: "command", content: "stop" });
    await socket.completed(6);
    for (const frame of [[], { foo: 1 }, { role: "user" }, { ack: "1" }]) socket.send(frame);
    socket.say("x");
    await socket.completed(7);
    expect(socket.frames.filter(({ type }) => type === "error").length).toBe(6);
    expect(socket.frames.length).toBe(1 + 6 * 2 + 1);
  });

  it("should give each frame its own id when acknowledgements are wanted", async () => {
    await using server = await serveLmc({ chat: interpreter }, { acknowledge: true });
    const socket = await server.connect();
    await socket.authenticate();
    for (const count of [1, 2]) {
      socket.say("x");
      await socket.completed(count);
    }
    const ids = socket.frames.slice(1).map(({ id }) => id);
    expect(ids.every((id) => typeof id === "string")).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("should bear frames of every malformed kind and answer the next message", async () => {
    await using server = await serveLmc({ chat: (run) => run.end(), run: (run) => run.end() });
    const value = fc.oneof(
      fc.constantFrom("user", "message", "command", "image", "base64.png", "path", "stop", "go", true),
      fc.anything(),
    );
    const almost = fc
      .record(
        { role: value, type: value, format: value, content: value, start: value, end: value, auth: value },
        { requiredKeys: [] },
      )
      .map((frame) => JSON.stringify(frame, (_key, inner) => (typeof inner === "bigint" ? 1 : inner)));
    const frames = fc.array(fc.oneof(fc.string(), almost, fc.json(), fc.uint8Array()), {
      minLength: 20,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(frames, async (data) => {
        const socket = await server.connect();
        await socket.authenticate();
        for (const each of data) socket.socket.send(each);
        socket.send({ role: "user", start: true });
        socket.send({ role: "user", content: "marker" });
        socket.send({ role: "user", end: true });
        await expect.poll(() => [...server.host.all.values()].some((run) => isMarker(run))).toBe(true);
        server.host.all.clear();
        socket.socket.terminate();
      }),
      { numRuns: 60 },
    );
  });
});

function isMarker({ options: { input } }: FakeRun): boolean {
  return "text" in input && input.text === "marker";
}
