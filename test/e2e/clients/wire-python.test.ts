import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestHost, type TestHost } from "../../../core/testing/index.ts";
import { pythonForClients } from "./packages.ts";
import { stepsOf } from "./steps.ts";

/** What a run says, in events of so many characters; two bytes and four bytes long ones among them. */
const floods = {
  small: { chunk: 40, text: "für 𝄞 und 10 €, ".repeat(2_000) },
  window: { chunk: 5_000, text: "für 𝄞 und 10 €, ".repeat(60_000) },
  frame: { chunk: 0, text: "x".repeat(1_100_000) },
  frames: { chunk: 1_050_000, text: "für 𝄞 und 10 €, ".repeat(200_000) },
};
type Flood = keyof typeof floods;

describe("a client of forty lines of Python (websockets), which acknowledges only when it is asked", () => {
  let python: string;
  let started: TestHost;
  beforeAll(async () => {
    python = await pythonForClients();
    const models = Object.entries(floods).map(([name, answer]) => {
      return [name, { use: "llm-scripted", with: { script: [answer], repeat: true } }];
    });
    const wire = { use: "websocket", with: { listen: "127.0.0.1:0" } };
    const config = { version: 1, plugins: { ...Object.fromEntries(models), wire }, flows: {} };
    started = await startTestHost({ transports: true, config });
  });
  afterAll(() => started?.[Symbol.asyncDispose]());

  it.each<readonly [Flood, readonly number[]]>([
    ["small", []],
    ["small", [3, 1, 40, 300]],
    ["window", []],
    ["window", [2, 57, 120]],
    ["frame", []],
    ["frame", [4, 5, 6]],
    ["frames", []],
    ["frames", [4, 5, 6, 7]],
  ])("should read %s whole and in order, whatever breaks (%j)", async (flow, cuts) => {
    const url = `${started.host.addresses[0]}/`.replace("http", "ws");
    const args = [url, started.host.info.token ?? "", flow, ...cuts.map(String)];
    const steps = await stepsOf<{ step: string }>(python, "wire_client.py", args);
    const hash = createHash("sha256").update(floods[flow].text).digest("hex");
    expect(steps.get("read")).toMatchObject({ inOrder: true, ends: 1, hash, asked: expect.any(Number) });
  });
});
