import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Model, RunEvent, Sandbox } from "../../core/contract/index.ts";
import type { createHost } from "../../core/index.ts";
import { startTestHost } from "../../core/testing/index.ts";
import { gateway } from "./scripted-upstream.ts";

const folder = resolve(import.meta.dirname, "../../profiles");
const token = "a-token-that-tests-have-made-up";
const listen = "127.0.0.1:0";

async function ask(host: Awaited<ReturnType<typeof createHost>>, text: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of host.runs.open({ input: { text } }).events()) events.push(event);
  return events;
}

const textOf = (events: readonly RunEvent[], type: "text-delta" | "exec-stdout") =>
  events.map((event) => (event.type === type ? (event.data as { text?: string }).text : "")).join("");
const sourcesOf = (events: readonly RunEvent[], type: string) =>
  new Set(events.filter((event) => event.type === type).map(({ source }) => source));

/** A port of that address that is free now; a transport cannot choose one by itself where another option must name it. */
async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, address, ready));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

describe("profiles/open-interpreter.yaml", () => {
  const profile = join(folder, "open-interpreter.yaml");
  let env: Record<string, string>;

  beforeAll(async () => {
    const address = await gateway();
    env = {
      SLUICE_LISTEN: listen,
      SLUICE_GATEWAY: `${address}:${await freePort(address)}`,
      SLUICE_GATEWAY_TOKEN: token,
    };
    await using started = await startTestHost({ profile, env, instances: ["oi"] });
    await (started.host.instance("oi") as Model).pull?.({}, new AbortController().signal);
  }, 1_200_000);

  it("should let Open Interpreter answer by a model of this host, its code run inside its container", async () => {
    await using started = await startTestHost({ profile, env, transports: true });
    const events = await ask(started.host, "What is 6 times 7?");
    expect(textOf(events, "exec-stdout")).toContain("42");
    expect(textOf(events, "text-delta")).toContain("It is 42.");
    expect(sourcesOf(events, "exec-start")).toEqual(new Set(["oi"]));
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok", exitCode: 0 } });
  });

  it("should answer by the model alone while no token is set", async () => {
    await using started = await startTestHost({ profile, env: { SLUICE_LISTEN: listen }, transports: true });
    const events = await ask(started.host, "What is 6 times 7?");
    expect(sourcesOf(events, "model-start")).toEqual(new Set(["script"]));
    expect(events.at(-1)).toMatchObject({ data: { status: "ok" } });
  });
});

describe("profiles/two-hosts.yaml", () => {
  const profile = join(folder, "two-hosts.yaml");

  beforeAll(async () => {
    await using started = await startTestHost({ profile, env: { SLUICE_LISTEN: listen }, instances: ["box"] });
    await (started.host.instance("box") as Sandbox).prepare?.({}, new AbortController().signal);
  });

  it("should let a model over there answer, and run its code here", async () => {
    const address = `127.0.0.1:${await freePort("127.0.0.1")}`;
    const outside = { SLUICE_LISTEN: listen, SLUICE_OUTSIDE: address, SLUICE_OUTSIDE_TOKEN: token };
    await using _there = await startTestHost({ profile, env: outside, transports: true });
    const env = { SLUICE_LISTEN: listen, SLUICE_THERE: `ws://${address}`, SLUICE_THERE_TOKEN: token };
    await using here = await startTestHost({ profile, env, transports: true });
    const events = await ask(here.host, "How many primes are there?");
    expect(textOf(events, "exec-stdout")).toBe("25\n");
    expect(textOf(events, "text-delta")).toContain("There are 25 primes below one hundred.");
    expect(sourcesOf(events, "model-start")).toEqual(new Set(["there"]));
    expect(sourcesOf(events, "exec-start")).toEqual(new Set(["box"]));
    expect(events.at(-1)).toMatchObject({ data: { status: "ok", exitCode: 0 } });
  });

  it("should answer by its own model while no other host is named", async () => {
    await using started = await startTestHost({ profile, env: { SLUICE_LISTEN: listen }, transports: true });
    const events = await ask(started.host, "How many primes are there?");
    expect(sourcesOf(events, "model-start")).toEqual(new Set(["script"]));
    expect(textOf(events, "exec-stdout")).toBe("25\n");
  });
});
