import { describe, expect, it } from "vitest";
import type { FakeRun } from "../websocket/fake-host.ts";
import { key, keyed, type LmcServer, serveLmc } from "./lmc-kit.ts";

const mebibyte = 1024 * 1024;

interface Told {
  readonly role: string;
  readonly type: string;
  readonly format?: string;
  readonly content: string;
}

async function messagesOf(server: LmcServer, query = ""): Promise<readonly Told[]> {
  const text = (await (
    await fetch(`${server.address}/settings/messages${query}`, { headers: keyed })
  ).json()) as string;
  const told = JSON.parse(text) as { messages: readonly Told[] };
  expect(Object.keys(told)).toEqual(["messages"]);
  return told.messages;
}

const post = (server: LmcServer, path: string, body: unknown) =>
  fetch(server.address + path, { method: "POST", body: JSON.stringify(body), headers: keyed });

const complete = async (server: LmcServer, content: string, query = "") =>
  (await post(server, `/openai/chat/completions${query}`, { messages: [{ role: "user", content }] })).text();

async function talk(server: LmcServer, session: string, ...texts: readonly string[]): Promise<void> {
  const socket = await server.connect(`?session=${session}`);
  await socket.authenticate();
  for (const [index, text] of texts.entries()) {
    socket.say(text);
    await socket.completed(index + 1);
  }
  socket.socket.close();
}

const outcome = { result: "ok", exitCode: 0, durationMs: 1 } as never;

/** Says something, runs code, and says something more. */
const answer = (run: FakeRun) => {
  run.emit("text-delta", { text: "Let me " });
  run.emit("text-delta", { text: "count." });
  run.emit("text-end", {} as never);
  run.emit("code-start", { language: "python" } as never);
  run.emit("code-delta", { text: "print(6" });
  run.emit("code-delta", { text: " * 7)" });
  run.emit("code-end", {} as never);
  run.emit("exec-start", {} as never);
  run.emit("exec-stdout", { text: "4", offset: 0 });
  run.emit("exec-stderr", { text: "2\n", offset: 0 });
  run.emit("exec-end", outcome);
  run.emit("text-delta", { text: "It is 42." });
  run.end();
};

const user = (content: string) => ({ role: "user", type: "message", content });
const assistant = (content: string) => ({ role: "assistant", type: "message", content });
const output = (content: string) => ({ role: "computer", type: "console", format: "output", content });
const answered = [
  assistant("Let me count."),
  { role: "assistant", type: "code", format: "python", content: "print(6 * 7)" },
  output("42\n"),
  assistant("It is 42."),
];
const echo = (run: FakeRun) => {
  run.text(`${"text" in run.options.input ? run.options.input.text : ""}!`);
  run.end();
};
const printing = (...texts: readonly string[]) => {
  return (run: FakeRun) => {
    run.emit("exec-start", {} as never);
    for (const text of texts) run.emit("exec-stdout", { text, offset: 0 });
    run.emit("exec-end", outcome);
    run.end();
  };
};

describe("the messages that the LMC transport tells", () => {
  it("should be none before anything was said", async () => {
    await using server = await serveLmc({ chat: answer });
    expect(await messagesOf(server)).toEqual([]);
    expect(await messagesOf(server, "?session=nobody")).toEqual([]);
  });

  it("should be those of the session, in the original's form, over sockets and HTTP", async () => {
    await using server = await serveLmc({ chat: answer }, { key });
    await talk(server, "mine", "What is six times seven?", "And again?");
    const all = [user("What is six times seven?"), ...answered, user("And again?"), ...answered];
    expect(await messagesOf(server, "?session=mine")).toEqual(all);
    await complete(server, "By HTTP?", "?session=mine");
    expect(await messagesOf(server, "?session=mine")).toEqual([...all, user("By HTTP?"), ...answered]);
    expect(await messagesOf(server)).toEqual([]);
  });

  it("should be those of the transport's own session where none is named", async () => {
    await using server = await serveLmc({ chat: echo }, { session: "default" });
    await complete(server, "hello");
    expect(await messagesOf(server)).toEqual([user("hello"), assistant("hello!")]);
    expect(await messagesOf(server, "?session=default")).toHaveLength(2);
  });

  it("should not be those of a socket that has no name", async () => {
    await using server = await serveLmc({ chat: echo });
    const socket = await server.connect();
    await socket.authenticate();
    socket.say("secret");
    await socket.completed(1);
    expect(await messagesOf(server)).toEqual([]);
  });

  it("should hold pictures and pages whole, and none of the lines that ran", async () => {
    const shows = (run: FakeRun) => {
      run.emit("exec-start", {} as never);
      run.emit("exec-stdout", { text: "before", offset: 0 });
      for (const data of [{ "image/png": "AAAA" }, { "image/png": "BBBB" }, { "text/html": "<p>" }]) {
        run.emit("exec-result", { data } as never);
      }
      run.emit("exec-stdout", { text: "after", offset: 6 });
      run.emit("exec-end", outcome);
      run.end();
    };
    await using server = await serveLmc({ chat: shows });
    await complete(server, "Draw.");
    const picture = { role: "computer", type: "image", format: "base64.png" };
    expect(await messagesOf(server)).toEqual([
      user("Draw."),
      output("before"),
      { ...picture, content: "AAAA" },
      { ...picture, content: "BBBB" },
      { role: "computer", type: "code", format: "html", content: "<p>" },
      output("after"),
    ]);
  });

  it("should stand with their own question, though the next one was asked already", async () => {
    const runs: FakeRun[] = [];
    await using server = await serveLmc({ chat: (run) => void runs.push(run) });
    const both = [complete(server, "one"), complete(server, "two")];
    await expect.poll(() => runs.length).toBe(2);
    for (const run of runs) echo(run);
    await Promise.all(both);
    const told = (await messagesOf(server)).map(({ content }) => content);
    const [first, second] = runs.map(({ options }) => ("text" in options.input ? options.input.text : ""));
    expect(told).toEqual([first, `${first}!`, second, `${second}!`]);
  });

  it("should be those so far while an answer is under way", async () => {
    const runs: FakeRun[] = [];
    await using server = await serveLmc({ chat: (run) => void runs.push(run) });
    const asked = complete(server, "one");
    await expect.poll(() => runs.length).toBe(1);
    runs[0]?.text("so far");
    await expect.poll(() => messagesOf(server)).toEqual([user("one"), assistant("so far")]);
    runs[0]?.end();
    await asked;
  });
});

describe("the messages that the LMC transport forgets", () => {
  it("should stay where they are set to what was said elsewhere, which is refused", async () => {
    await using server = await serveLmc({ chat: echo });
    await complete(server, "one");
    const refused = await (await post(server, "/settings", { messages: [user("from elsewhere")] })).json();
    expect(refused).toEqual([{ error: expect.stringContaining("Setting messages is not supported") }, 400]);
    expect(await messagesOf(server)).toEqual([user("one"), assistant("one!")]);
  });

  it.each([[[]], [null]])("should be all where they are set to %j", async (messages) => {
    await using server = await serveLmc({ chat: echo });
    await complete(server, "one");
    await complete(server, "one", "?session=other");
    expect(await (await post(server, "/settings", { messages })).json()).toEqual({ status: "success" });
    expect(await messagesOf(server)).toEqual([]);
    expect(await messagesOf(server, "?session=other")).toHaveLength(2);
    expect(server.host.live.has("lmc")).toBe(false);
    await complete(server, "two");
    expect(await messagesOf(server)).toEqual([user("two"), assistant("two!")]);
  });

  it("should be those of an answer that was under way as well", async () => {
    const runs: FakeRun[] = [];
    await using server = await serveLmc({ chat: (run) => void runs.push(run) });
    const asked = complete(server, "one");
    await expect.poll(() => runs.length).toBe(1);
    await post(server, "/settings", { messages: [] });
    runs[0]?.text("late");
    runs[0]?.end();
    await asked;
    const again = complete(server, "two");
    await expect.poll(() => runs.length).toBe(2);
    runs[1]?.end();
    await again;
    expect(await messagesOf(server)).toEqual([user("two")]);
  });

  it("should be those of a session that ended elsewhere", async () => {
    await using server = await serveLmc({ chat: echo });
    await complete(server, "one");
    await server.host.sessions.close("lmc");
    expect(await messagesOf(server)).toEqual([]);
  });

  it("should be those of an older session of the same name", async () => {
    await using server = await serveLmc({ chat: echo });
    await complete(server, "one");
    const { list } = server.host.sessions;
    server.host.sessions.list = () => list().map((session) => ({ ...session, created: "later" }));
    expect(await messagesOf(server)).toEqual([]);
    await complete(server, "two");
    expect(await messagesOf(server)).toEqual([user("two"), assistant("two!")]);
  });

  it("should be the oldest beyond 1 MiB", async () => {
    await using server = await serveLmc({ chat: printing("x".repeat(400_000)) });
    for (const text of ["one", "two", "three"]) await complete(server, text);
    const told = await messagesOf(server);
    expect(told.map(({ content }) => content.slice(0, 5))).toEqual(["two", "xxxxx", "three", "xxxxx"]);
  });

  it("should be the beginning of an output that is larger by itself", async () => {
    const texts = Array.from({ length: 40 }, (_, index) => String(index % 10).repeat(100_000));
    await using server = await serveLmc({ chat: printing(...texts, "the end") });
    await complete(server, "one");
    const told = await messagesOf(server);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ role: "computer", type: "console" });
    expect(told[0]?.content.endsWith("99the end")).toBe(true);
    expect(told[0]?.content.length).toBeLessThanOrEqual(mebibyte);
    expect(told[0]?.content.length).toBeGreaterThan(mebibyte / 2);
  });

  it("should be a picture that is larger by itself, and nothing else", async () => {
    const draws = (run: FakeRun) => {
      run.emit("exec-result", { data: { "image/png": "A".repeat(mebibyte) } } as never);
      run.text("There.");
      run.end();
    };
    await using server = await serveLmc({ chat: draws });
    await complete(server, "Draw.");
    expect(await messagesOf(server)).toEqual([user("Draw."), assistant("There.")]);
  });

  it("should be those of the session that was silent longest beyond 64 sessions", async () => {
    await using server = await serveLmc({ chat: echo });
    for (let index = 0; index < 64; index += 1) await complete(server, "x", `?session=s${index}`);
    await complete(server, "again", "?session=s0");
    await complete(server, "x", "?session=s64");
    expect(await messagesOf(server, "?session=s0")).toHaveLength(4);
    expect(await messagesOf(server, "?session=s1")).toEqual([]);
    expect(await messagesOf(server, "?session=s2")).toHaveLength(2);
  });
});
