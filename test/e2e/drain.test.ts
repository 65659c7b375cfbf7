import { describe, expect, it } from "vitest";
import { type ConnectionState, SluiceClient } from "../../core/client/index.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { containersOf, ended, Place } from "./cli-kit.ts";
import { complained, freePort, Reading, Relay, tokenOf } from "./drain-kit.ts";

const words = Array.from({ length: 800 }, (_, index) => `word${index} `).join("");

/** A host whose programs and models go on for longer than it waits for them. */
const profileAt = (port: number, relay: Relay) => `version: 1
plugins:
  server: { use: http-server, with: { hosts: ["${relay.host}"] } }
  box: { use: docker-sandbox, with: { cpus: 0.5 } }
  store: { use: store-sqlite }
  transport: { use: websocket, with: { listen: "127.0.0.1:${port}" } }
  console: { use: log-console, with: { level: warn } }
  script: { use: llm-scripted, with: { repeat: true, chunk: 6, delay: 40ms, script: [ { text: "${words}" } ] } }
flows:
  run: box
  chat: script
`;

const counting = { code: "import time\nfor i in range(10**6):\n  print(i, flush=True)\n  time.sleep(0.05)" };
const asking = { code: "print('ready', flush=True)\nprint('heard', input())" };
const numbers = Array.from({ length: 10_000 }, (_, index) => `${index}\n`).join("");

interface Opened {
  readonly reading: Reading;
  readonly run: string;
}

async function open(client: SluiceClient, input: string | { readonly code: string }): Promise<Opened> {
  const flow = typeof input === "string" ? "chat" : "run";
  const stream = client.run(flow, input, { interactive: input === asking });
  const reading = new Reading(stream);
  return { reading, run: await stream.opened };
}

/** Each event once and in order, from the first to the one end. */
function expectWhole({ events, text }: Reading): void {
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect([numbers.slice(0, text.length), words.slice(0, text.length), "ready\nheard you\n"]).toContain(text);
}

function statesOf(client: SluiceClient): readonly ConnectionState[] {
  const states: ConnectionState[] = [];
  client.state$.subscribe((state) => states.push(state));
  return states;
}

describe("a host that is stopped while it has ten runs", () => {
  it("should tell everybody how each run ended, by itself or by the host that comes next", async () => {
    const port = await freePort();
    await using relay = await Relay.to(port);
    await using place = new Place(profileAt(port, relay));
    const { child } = await place.up();
    const token = tokenOf(place);
    const options = { token, retryDelay: 50, maxRetries: 1_000 };
    await using near = new SluiceClient({ ...options, url: `ws://127.0.0.1:${port}`, client: "near" });
    await using reader = new SluiceClient({ ...options, url: `ws://127.0.0.1:${port}`, client: "reader" });
    await using far = new SluiceClient({ ...options, url: `ws://${relay.host}`, client: "far" });
    const states = statesOf(near);

    const answered = await open(near, asking);
    const nearby = await Promise.all(
      [counting, counting, counting, "a", "b", "c", "d"].map((each) => open(near, each)),
    );
    const distant = await Promise.all([counting, "e"].map((each) => open(far, each)));
    const all = [answered, ...nearby, ...distant];
    expect(new Set(all.map(({ run }) => run)).size).toBe(10);
    const followed = all.map(({ run }) => ({ run, reading: new Reading(reader.follow(run)) }));
    await Promise.all([...all, ...followed].map(({ reading }) => reading.shown));

    relay.cut();
    const exit = ended(child);
    const stopping = complained(child, "stopping:");
    child.kill("SIGTERM");
    await stopping;
    await near.input(answered.run, { kind: "stdin", text: "you" });
    expect(await exit).toMatchObject({ code: 0, signal: null });
    expect(await containersOf(child)).toEqual([]);

    const next = await place.up();
    relay.mend();
    expect(await Promise.all([...all, ...followed].map(({ reading }) => reading.over))).toEqual(
      Array(20).fill(undefined),
    );
    for (const { reading } of [...all, ...followed]) expectWhole(reading);
    for (const [index, { reading }] of all.entries()) {
      expect(reading.status).toBe(index === 0 ? "ok" : "cancelled");
      expect(followed[index]?.reading.events).toEqual(reading.events);
    }
    // Nobody lent a hand: the same clients go on with the next host.
    for (const client of [near, reader, far]) {
      const again = new Reading(client.run("run", { code: "print('again')" }));
      expect(await again.over).toBeUndefined();
      expect([again.text, again.status]).toEqual(["again\n", "ok"]);
    }
    expect(states.slice(0, 2)).toEqual(["connecting", "open"]);
    expect(states).toContain("waiting");
    expect(states.at(-1)).toBe("open");
    next.child.kill("SIGTERM");
    expect((await ended(next.child)).code).toBe(0);
  });

  it("should be followed by a host that tells what was lost, when it was killed", async () => {
    const port = await freePort();
    await using relay = await Relay.to(port);
    await using place = new Place(profileAt(port, relay));
    const { child } = await place.up();
    const options = { token: tokenOf(place), retryDelay: 50, maxRetries: 1_000, url: `ws://127.0.0.1:${port}` };
    await using owner = new SluiceClient(options);
    await using reader = new SluiceClient(options);
    const own = await Promise.all([counting, counting, "a", "b"].map((each) => open(owner, each)));
    const followed = own.map(({ run }) => ({ run, reading: new Reading(reader.follow(run)) }));
    await Promise.all([...own, ...followed].map(({ reading }) => reading.shown));

    const exit = ended(child);
    child.kill("SIGKILL");
    await exit;
    const next = await place.up();
    for (const { run, reading } of [...own, ...followed]) {
      expect(await reading.over, run).toBeUndefined();
      expect(reading.status).toBe("lost");
      expectWhole(reading);
    }
    next.child.kill("SIGTERM");
    expect((await ended(next.child)).code).toBe(0);
    expect(await containersOf(child)).toEqual([]);
  });

  it("should be missed by type, not in silence, when no other comes", async () => {
    const port = await freePort();
    await using relay = await Relay.to(port);
    await using place = new Place(profileAt(port, relay));
    const { child } = await place.up();
    const token = tokenOf(place);
    const options = { token, retryDelay: 20, maxRetries: 3 };
    await using near = new SluiceClient({ ...options, url: `ws://127.0.0.1:${port}` });
    await using far = new SluiceClient({ ...options, url: `ws://${relay.host}` });
    const told = await Promise.all([open(near, counting), open(near, "a")]);
    const missed = await Promise.all([open(far, counting), open(far, "b")]);
    await Promise.all([...told, ...missed].map(({ reading }) => reading.shown));

    const exit = ended(child);
    relay.cut();
    child.kill("SIGTERM");
    const closed = { code: "SLUICE_WIRE_CLOSED", cure: expect.any(String) };
    for (const { reading } of missed) {
      const error = await reading.over;
      expect(error).toBeInstanceOf(SluiceError);
      expect(error).toMatchObject(closed);
    }
    for (const { reading } of told) {
      expect(await reading.over).toBeUndefined();
      expect(reading.status).toBe("cancelled");
      expectWhole(reading);
    }
    expect(await exit).toMatchObject({ code: 0 });
    await expect(near.call("status")).rejects.toMatchObject(closed);
    await expect(near.run("chat", "anybody?").opened).rejects.toMatchObject(closed);
    expect(await containersOf(child)).toEqual([]);
  });
});
