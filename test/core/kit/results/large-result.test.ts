import { describe, expect, it } from "vitest";
import type { Emission } from "../../../../core/contract/index.ts";
import { eventJson, parseEvent, readLargeResult, stamp } from "../../../../core/kit/index.ts";
import { packResult, unpackResult } from "../../../../core/kit/results/packed-result.ts";
import { resultOf } from "../../../../core/kit/results/result-of.ts";
import { demandEventShape } from "../../../../core/kit/untrusted/event-shape.ts";

const bytesOf = (message: unknown) => Buffer.from(JSON.stringify(message));
const many = Array.from({ length: 5_000 }, (_, at) => ({ at, half: at / 2, name: `é ${at} \ud83d\ude00` }));

/** Everything that a result may be made of. */
const messages: Readonly<Record<string, unknown>> = {
  text: { data: { "text/plain": 'a "quoted" line\n'.repeat(10_000) } },
  "text with halves of pairs": { data: { "text/plain": "\ud800 and \udc00 and \u0000" } },
  picture: {
    data: { "image/png": "QUJD".repeat(30_000), "text/plain": "<Figure>" },
    metadata: { "image/png": { width: 3 } },
  },
  values: { data: { "application/json": many, "text/plain": "[...]" }, executionCount: 3 },
  keys: { data: { "application/json": Object.fromEntries(many.map(({ at }) => [`key ${at}`, at])) } },
  "large metadata": { data: { "text/plain": "x" }, metadata: { all: many, 7: "seven" } },
  numbers: { data: { "application/json": [1e21, -0, 1.5, 1e-7, true, null] } },
  "names of numbers": { data: { 2: "b", 1: "a", "text/plain": "c" } },
  named: { data: { "text/plain": "x" }, displayId: "d".repeat(300), update: true, executionCount: 1.5, more: [1] },
};

function eventOf(data: unknown) {
  return stamp("r1", 2, "2026-01-01T00:00:00.000Z", {
    source: "box",
    branch: "b",
    type: "exec-result",
    data,
  } as Emission);
}

describe("a large result", () => {
  it.each(Object.keys(messages))("should be the same event as a small one: %s", (kind) => {
    const payload = bytesOf(messages[kind]);
    const small = resultOf(JSON.parse(String(payload)));
    const packed = packResult(payload);
    // As it comes from another thread.
    const shown = unpackResult(structuredClone(packed) as NonNullable<typeof packed>);
    expect(eventJson(eventOf(shown))).toBe(eventJson(eventOf(small)));
    expect(parseEvent(eventJson(eventOf(shown)))).toEqual(parseEvent(eventJson(eventOf(small))));
    expect(shown).toEqual(small);
    expect(JSON.stringify(shown)).toBe(JSON.stringify(small));
  });

  it.each([
    ["no JSON", Buffer.from('{"data":{')],
    ["no object", bytesOf([1])],
    ["no data", bytesOf({ metadata: {} })],
    ["data that is a list", bytesOf({ data: [] })],
    ["nested too deep", Buffer.from(`{"data":{"a":${"[".repeat(6_000)}${"]".repeat(6_000)}}}`)],
    ["too many values", Buffer.from(`{"data":{"a":[${"[],".repeat(300_000)}0]}}`)],
    ["too many types", bytesOf({ data: Object.fromEntries(many.map(({ at }) => [`type/${at}`, 1])) })],
  ])("should be none where it has %s", async (_, payload) => {
    expect(packResult(payload)).toBeUndefined();
    const read = readLargeResult(payload);
    await read.ready;
    expect(read.shown()).toBeUndefined();
  });

  it("should be passed on without a look at its values", async () => {
    const payload = bytesOf(messages["values"]);
    const read = readLargeResult(payload);
    await read.ready;
    const shown = read.shown();
    const isUnread = () => Object.getOwnPropertyDescriptor(shown?.data, "application/json")?.get !== undefined;
    demandEventShape("box", "exec-result", shown);
    const event = eventOf(shown);
    const json = eventJson(event);
    expect(isUnread()).toBe(true);
    expect(JSON.parse(json).data).toEqual(messages["values"]);
    expect(shown?.data["application/json"]).toEqual(many);
    expect(isUnread()).toBe(false);
  });

  it("should be read at once where nothing comes any more, and in its order on the thread", async () => {
    const reads = Array.from({ length: 20 }, (_, at) => readLargeResult(bytesOf({ data: { "text/plain": `${at}` } })));
    const order: number[] = [];
    const all = reads.map(({ ready }, at) => ready.then(() => order.push(at)));
    expect(reads.map((read) => read.shown()?.data["text/plain"])).toEqual(reads.map((_, at) => `${at}`));
    await Promise.all(all);
    expect(order).toEqual(reads.map((_, at) => at));
  });
});
