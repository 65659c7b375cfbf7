import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { FakeRun } from "../websocket/fake-host.ts";
import { type LmcSocket, serveLmc } from "./lmc-kit.ts";

const exited = { exitCode: 0, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 };
const complete = { role: "server", type: "status", content: "complete" };
const message = { role: "assistant", type: "message" };
const code = { role: "assistant", type: "code", format: "python" };
const shown = { role: "computer", type: "console" };

/** A flow whose code waits for an approval. */
const guarded = async (run: FakeRun) => {
  run.emit("code-start", { language: "python" });
  run.emit("code-delta", { text: "print(1)" });
  run.emit("code-end", {});
  run.emit("approval-request", { message: "run it?" });
  await once(run.changed, "answer");
  run.emit("exec-start", { language: "python", code: "print(1)" });
  run.emit("exec-stdout", { text: "1\n", offset: 0 });
  run.emit("exec-end", { status: "exited", ...exited });
  run.end();
};
const codeShown = [{ ...code, start: true }, { ...code, content: "print(1)" }, { ...code, end: true }, complete];
const runShown = [
  { ...shown, start: true },
  { ...shown, format: "active_line", content: 1 },
  { ...shown, format: "output", content: "1\n" },
  { ...shown, format: "active_line", content: null },
  { ...shown, end: true },
  complete,
];
const waiting = (run: FakeRun) => run.text(`answer of ${run.run}`);
const answered = (run: number) => [
  { ...message, start: true },
  { ...message, content: `answer of run-${run}` },
  { ...message, end: true },
  complete,
];

async function connected(server: Awaited<ReturnType<typeof serveLmc>>): Promise<LmcSocket> {
  const socket = await server.connect();
  await socket.authenticate();
  return socket;
}

/** Commands are answered in order: when this one is, so is whatever came before it. */
async function settled(socket: LmcSocket): Promise<void> {
  socket.command("no such command");
  await socket.until(({ content }) => String(content).includes("no such command"));
}

describe("code that waits for go", () => {
  it("should be shown to its end, then complete, and run after go with its lines", async () => {
    await using server = await serveLmc({ chat: guarded });
    const socket = await connected(server);
    socket.say("x");
    await socket.completed(1);
    expect(socket.frames.slice(1)).toEqual(codeShown);
    socket.command("go");
    await socket.completed(2);
    expect(socket.frames.slice(1)).toEqual([...codeShown, ...runShown]);
    // A run that nobody can answer would be refused before its client could say anything.
    expect(server.host.all.get("run-1")?.options.interactive).toBe(true);
  });

  it("should not run when a new message starts instead, and be complete no second time", async () => {
    await using server = await serveLmc({ chat: (run) => (run.run === "run-1" ? guarded(run) : waiting(run)) });
    const socket = await connected(server);
    socket.say("x");
    await socket.completed(1);
    socket.say("y");
    await socket.until(({ content }) => content === "answer of run-2");
    socket.command("stop");
    await socket.completed(2);
    expect(socket.frames.slice(1)).toEqual([...codeShown, ...answered(2)]);
    expect(server.host.all.get("run-1")?.answers).toEqual([]);
  });

  it("should not run after a stop, which is complete once more", async () => {
    await using server = await serveLmc({ chat: guarded });
    const socket = await connected(server);
    socket.say("x");
    await socket.completed(1);
    socket.command("stop");
    await socket.completed(2);
    socket.command("go");
    await socket.completed(3);
    expect(socket.frames.slice(1)).toEqual([...codeShown, complete, complete]);
    expect(server.host.all.get("run-1")?.answers).toEqual([]);
  });

  it("should take go for nothing while an answer goes on, and as complete when there is none", async () => {
    await using server = await serveLmc({ chat: waiting });
    const socket = await connected(server);
    socket.command("go");
    await socket.completed(1);
    socket.say("x");
    await socket.until(({ content }) => content === "answer of run-1");
    socket.command("go");
    socket.command("stop");
    await socket.completed(2);
    expect(socket.frames.slice(1)).toEqual([complete, ...answered(1)]);
  });
});

describe("an answer of the LMC transport", () => {
  it("should end when a new message starts, before that has any content", async () => {
    await using server = await serveLmc({ chat: waiting });
    const socket = await connected(server);
    socket.say("x");
    await socket.until(({ content }) => content === "answer of run-1");
    socket.send({ role: "user", start: true });
    await socket.completed(1);
    expect(server.host.all.size).toBe(1);
    socket.send({ role: "user", type: "message", content: "y" });
    socket.send({ role: "user", end: true });
    await socket.until(({ content }) => content === "answer of run-2");
    socket.command("stop");
    await socket.completed(2);
    expect(socket.frames.slice(1)).toEqual([...answered(1), ...answered(2)]);
  });

  it("should be complete once, however often it is stopped", async () => {
    await using server = await serveLmc({
      chat: (run) => {
        // One that takes its time to end.
        run.cancel = (scope) => void run.cancels.push(scope ?? "run");
        waiting(run);
      },
    });
    const socket = await connected(server);
    socket.say("x");
    await socket.until(({ content }) => content === "answer of run-1");
    for (let count = 0; count < 3; count += 1) socket.command("stop");
    await settled(socket);
    const run = server.host.all.get("run-1");
    expect([run?.cancels.length, socket.completes]).toEqual([3, 1]);
    run?.end("cancelled");
    await socket.completed(2);
    socket.command("stop");
    await socket.completed(3);
    expect(socket.frames.slice(-3)).toEqual([{ ...message, end: true }, complete, complete]);
  });

  it("should be complete for every message that was stopped before its turn", async () => {
    await using server = await serveLmc({ chat: waiting });
    const socket = await connected(server);
    for (const text of ["x", "y", "z"]) socket.say(text);
    socket.command("stop");
    await socket.completed(3);
    await settled(socket);
    expect(socket.completes).toBe(4);
  });

  it("should give a program that reads the end of its input, which no frame can answer", async () => {
    await using server = await serveLmc({
      chat: async (run) => {
        run.emit("input-request", { prompt: "" });
        await once(run.changed, "answer");
        run.end();
      },
    });
    const socket = await connected(server);
    socket.say("x");
    await socket.completed(1);
    expect(server.host.all.get("run-1")?.answers).toEqual([{ kind: "stdin", text: null, question: 2 }]);
  });
});
