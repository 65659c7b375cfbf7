import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Host, Model, OpenOptions, RunEvent } from "../../../core/index.ts";
import { startTestHost } from "../../../core/testing/index.ts";
import { png } from "../../core/model/pictures.ts";
import { speak, Upstream } from "../../core/model/upstream.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

async function startHost(
  plugins: Record<string, unknown>,
  flows: Record<string, unknown>,
  doors = false,
): Promise<Host> {
  const door = doors ? { door: { use: "websocket", with: { listen: "127.0.0.1:0" } } } : {};
  const started = await startTestHost({
    doors,
    store: false,
    config: { version: 1, plugins: { ...door, ...plugins }, flows },
  });
  open.push(started);
  return started.host;
}

const scripted = (...script: unknown[]) => ({ use: "llm-scripted", with: { script, chunk: 4 } });

/** The other host, and one here whose model it is. */
async function startTwo(
  there: { readonly plugins: Record<string, unknown>; readonly flows: Record<string, unknown> },
  options: Record<string, unknown> = {},
  url?: (address: string) => string,
): Promise<{ readonly here: Host; readonly there: Host }> {
  const other = await startHost(there.plugins, there.flows, true);
  const address = other.addresses[0] ?? "";
  const here = await startHost(
    {
      remote: {
        use: "llm-websocket",
        with: { url: url?.(address) ?? address, token: other.info.token, retryDelay: "10ms", ...options },
      },
    },
    { chat: "remote" },
  );
  return { here, there: other };
}

async function eventsOf(host: Host, options: OpenOptions, onEvent?: (event: RunEvent) => void): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of host.runs.open(options).events()) {
    events.push(event);
    onEvent?.(event);
  }
  return events;
}

const ask = (host: Host, text: string, session?: string) =>
  eventsOf(host, { input: { text }, ...(session === undefined ? {} : { session }) });
const textOf = (events: readonly RunEvent[]) =>
  events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("");
const errorOf = (events: readonly RunEvent[]) => events.find((event) => event.type === "error")?.data;
const runsOf = (host: Host) =>
  host.feed
    .read(0, 1000, (event) => event.type === "run-start")
    .entries.flatMap(({ event }) => ("run" in event ? [host.runs.get(event.run)] : []));

describe("a flow of another host as a model", () => {
  it.each(["history", "session"])("should show pictures to a model over there that can see: %s", async (memory) => {
    const upstream = await Upstream.start(speak("A chart."));
    open.push(upstream);
    const eye = { use: "llm-openai-compatible", with: { model: "m", baseURL: `${upstream.url}/v1`, vision: true } };
    const { here } = await startTwo({ plugins: { eye }, flows: { chat: "eye" } }, { memory });
    const input = { text: "See", files: [{ path: "chart.png", content: png }] };
    const events = await eventsOf(here, { input, session: "s" });
    expect(errorOf(events)).toBeUndefined();
    expect(JSON.stringify(upstream.bodies[0]?.["messages"])).toContain(
      `data:image/png;base64,${png.toString("base64")}`,
    );
    await eventsOf(here, { input: { text: "And?" }, session: "s" });
    expect(JSON.stringify(upstream.bodies[1]?.["messages"]).split("data:image/png")).toHaveLength(2);
  });

  it("should be shown pictures that fit into no frame", async () => {
    const upstream = await Upstream.start(speak("A large chart."));
    open.push(upstream);
    const eye = { use: "llm-openai-compatible", with: { model: "m", baseURL: `${upstream.url}/v1`, vision: true } };
    const { here } = await startTwo({ plugins: { eye }, flows: { chat: "eye" } });
    const content = Buffer.concat([png, Buffer.alloc(1024 * 1024)]);
    const events = await eventsOf(here, { input: { text: "See", files: [{ path: "large.png", content }] } });
    expect(errorOf(events)).toBeUndefined();
    expect(JSON.stringify(upstream.bodies[0]?.["messages"])).toContain(content.toString("base64"));
  });

  it("should fail by name where pictures are more than the other host takes at once", async () => {
    const door = { use: "websocket", with: { listen: "127.0.0.1:0", limits: { upload: "1m" } } };
    const { here } = await startTwo({ plugins: { eye: scripted("never"), door }, flows: { chat: "eye" } });
    const content = Buffer.concat([png, Buffer.alloc(1024 * 1024)]);
    const events = await eventsOf(here, { input: { text: "See", files: [{ path: "huge.png", content }] } });
    expect(errorOf(events)).toMatchObject({
      code: "SLUICE_FILE_TOO_LARGE",
      message: expect.stringContaining("may have 1048576"),
    });
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "failed" } });
  });

  it("should say its text as it comes, with usage and cost of the other host", async () => {
    const { here } = await startTwo({
      plugins: { actor: scripted({ text: "Hello there, reader.", usage: { inputTokens: 7, outputTokens: 5 } }) },
      flows: { chat: "actor" },
    });
    const events = await ask(here, "hi");
    expect(textOf(events)).toBe("Hello there, reader.");
    expect(events.filter(({ type }) => type === "text-delta").length).toBeGreaterThan(2);
    expect(events.find(({ type }) => type === "model-start")?.data).toMatchObject({
      model: expect.stringMatching(/^chat@/),
    });
    expect(events.at(-1)).toMatchObject({
      data: { status: "ok", usage: { inputTokens: 7, outputTokens: 5 }, cost: { amount: 0 } },
    });
  });

  it("should give its code to a sandbox here, as code", async () => {
    const { here } = await startTwo({
      plugins: { actor: scripted({ text: "Now:", code: "print(1)", language: "python" }) },
      flows: { chat: "actor" },
    });
    const events = await ask(here, "hi");
    expect(events.find(({ type }) => type === "code-start")?.data).toEqual({ language: "python" });
    expect(events.map((event) => (event.type === "code-delta" ? event.data.text : "")).join("")).toContain("print(1)");
  });

  it("should be told the whole conversation, and keep nothing", async () => {
    const { here, there } = await startTwo({
      plugins: { actor: scripted("First.", { expect: "two", text: "Second." }) },
      flows: { chat: "actor" },
    });
    expect(textOf(await ask(here, "one", "mine"))).toBe("First.");
    expect(textOf(await ask(here, "two", "mine"))).toBe("Second.");
    expect(there.sessions.list()).toEqual([]);
  });

  it("should keep a session for each of ours, where the profile wants that", async () => {
    const { here, there } = await startTwo(
      {
        plugins: { actor: scripted("First.", { expect: "two", text: "Second." }) },
        flows: { chat: "actor" },
      },
      { memory: "session" },
    );
    expect(textOf(await ask(here, "one", "mine"))).toBe("First.");
    expect(textOf(await ask(here, "two", "mine"))).toBe("Second.");
    expect(textOf(await ask(here, "one", "yours"))).toBe("First.");
    expect(there.sessions.list().map(({ session }) => session)).toEqual(["remote.mine", "remote.yours"]);
  });

  it("should be cancelled over there when its run is cancelled here", async () => {
    const { here, there } = await startTwo({
      plugins: { actor: scripted({ text: "waiting", hang: true }) },
      flows: { chat: "actor" },
    });
    const run = here.runs.open({ input: { text: "hi" } });
    for await (const event of run.events()) if (event.type === "text-delta") run.cancel();
    expect((await run.done).data).toMatchObject({ status: "cancelled" });
    const [other] = runsOf(there);
    expect((await other?.done)?.data).toMatchObject({ status: "cancelled" });
  });

  it("should fail as it failed over there", async () => {
    const { here } = await startTwo({
      plugins: { actor: scripted({ error: { status: 429, message: "slow down" } }) },
      flows: { chat: "actor" },
    });
    const events = await ask(here, "hi");
    expect(errorOf(events)).toMatchObject({
      code: "SLUICE_MODEL_RATE_LIMIT",
      message: expect.stringMatching(/^remote: .*slow down/),
    });
    expect(events.at(-1)).toMatchObject({ data: { status: "failed" } });
  });

  it("should take back what the other host took back", async () => {
    const { here } = await startTwo({
      plugins: { first: scripted({ text: "wrong", error: { status: 500 } }), second: scripted("right") },
      flows: { chat: { fallback: ["first", "second"] } },
    });
    const events = await ask(here, "hi");
    expect(events.filter(({ type }) => type === "rewind")).toHaveLength(1);
    const from = events.findIndex(({ type }) => type === "rewind");
    expect(textOf(events.slice(from))).toBe("right");
    expect(events.at(-1)).toMatchObject({ data: { status: "ok" } });
  });

  it("should tell a wrong token, an unknown flow and a host that is not there", async () => {
    const other = { plugins: { actor: scripted("x") }, flows: { chat: "actor" } };
    const refused = await startTwo(other, { token: "wrong-token-of-some-length" });
    expect(errorOf(await ask(refused.here, "hi"))).toMatchObject({ code: "SLUICE_MODEL_AUTH" });
    const unknown = await startTwo(other, { flow: "nowhere" });
    expect(errorOf(await ask(unknown.here, "hi"))).toMatchObject({
      code: "SLUICE_MODEL_REQUEST",
      message: expect.stringContaining("nowhere"),
    });
    const away = await startTwo(other, { maxRetries: 1 }, () => "ws://127.0.0.1:9");
    expect(errorOf(await ask(away.here, "hi"))).toMatchObject({ code: "SLUICE_MODEL_UNREACHABLE" });
    // It tries anew each time it is asked.
    expect(errorOf(await ask(away.here, "hi"))).toMatchObject({ code: "SLUICE_MODEL_UNREACHABLE" });
  });

  it("should give up after its time", async () => {
    const { here, there } = await startTwo(
      { plugins: { actor: scripted({ text: "waiting", hang: true }) }, flows: { chat: "actor" } },
      { timeouts: { total: "150ms" } },
    );
    expect(errorOf(await ask(here, "hi"))).toMatchObject({ code: "SLUICE_MODEL_TIMEOUT" });
    const [other] = runsOf(there);
    expect(["cancelled", "timeout"]).toContain((await other?.done)?.data.status);
  });

  it("should go on where it was after its connection broke, with nothing lost and nothing twice", async () => {
    const text = Array.from({ length: 60 }, (_, index) => `word${index} `).join("");
    const relay = await startRelay();
    const { here, there } = await startTwo(
      {
        plugins: { actor: { use: "llm-scripted", with: { script: [text], chunk: 7, delay: "5ms" } } },
        flows: { chat: "actor" },
      },
      {},
      (address) => relay.to(new URL(address).port),
    );
    let deltas = 0;
    let broken = 0;
    const events = await eventsOf(here, { input: { text: "hi" } }, (event) => {
      if (event.type !== "text-delta") return;
      deltas += 1;
      if (deltas % 20 === 0) broken += relay.cut();
    });
    expect(textOf(events)).toBe(text);
    expect(broken).toBeGreaterThan(1);
    expect(events.at(-1)).toMatchObject({ data: { status: "ok" } });
    expect(runsOf(there)).toHaveLength(1);
  });

  it("should say whether it is reached, and what it offers", async () => {
    const { here } = await startTwo(
      { plugins: { actor: scripted("x") }, flows: { chat: "actor", other: "actor" } },
      { flow: "other" },
    );
    const model = here.instance("remote") as Model;
    expect(await model.probe?.(new AbortController().signal)).toMatchObject({ reachable: true, modelKnown: true });
    const offered = (await model.list?.(new AbortController().signal))?.map(({ id }) => id);
    expect(offered).toEqual(["chat", "other", "actor"]);
  });
});

describe("a server of Open Interpreter's protocol as a model", () => {
  it("should be one conversation for each session, over the door of the other host", async () => {
    const other = await startTestHost({
      doors: true,
      store: false,
      config: {
        version: 1,
        plugins: {
          actor: scripted("First.", { expect: "two", text: "Second.", code: "1" }),
          lmc: { use: "lmc", with: { listen: "127.0.0.1:0", key: "key-for-tests" } },
        },
        flows: { chat: "actor" },
      },
    });
    open.push(other);
    const here = await startHost(
      {
        remote: {
          use: "llm-websocket",
          with: { url: other.host.addresses[0], protocol: "lmc", token: "key-for-tests" },
        },
      },
      { chat: "remote" },
    );
    expect(textOf(await ask(here, "one", "mine"))).toBe("First.");
    const second = await ask(here, "two", "mine");
    expect(textOf(second).trim()).toBe("Second.");
    expect(second.map(({ type }) => type)).toContain("code-delta");
    expect(textOf(await ask(here, "one", "yours"))).toBe("First.");
  });
});

/** Stands between two hosts and cuts their connections when told to. */
async function startRelay(): Promise<{ to(port: string): string; cut(): number }> {
  const sockets = new Set<Socket>();
  let port = 0;
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    sockets.add(near);
    near.on("close", () => {
      sockets.delete(near);
      far.destroy();
    });
    far.on("close", () => near.destroy());
    for (const each of [near, far]) each.on("error", () => undefined);
    // The other host looks at the name that it is called by.
    near.once("data", (head) => {
      far.write(String(head).replace(`127.0.0.1:${portOf(server)}`, `127.0.0.1:${port}`));
      near.pipe(far).pipe(near);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    const count = sockets.size;
    for (const socket of sockets) socket.resetAndDestroy();
    return count;
  };
  open.push({
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  });
  return {
    to: (target) => {
      port = Number(target);
      return `ws://127.0.0.1:${portOf(server)}`;
    },
    cut,
  };
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
