import { zstdCompressSync } from "node:zlib";
import { renderText } from "../../../core/command-line.ts";
import { parseEvent, parseJson, printable, printableJson } from "../../../core/kit/index.ts";
import { loadPlan } from "../../../core/plugin/load-plan.ts";
import { unpack } from "../../../plugins/store-sqlite/packing.ts";
import { toRecord } from "../../../plugins/store-sqlite/records.ts";
import { readBundle } from "../../../plugins/web-monitor/page/lib/run-model.ts";
import { texts } from "../mutate.ts";
import type { Edge } from "../run.ts";

const event = {
  run: "r",
  seq: 1,
  time: "2026-01-01T00:00:00.000Z",
  source: "s",
  type: "exec-result",
  data: { data: { a: 1 } },
};

/** Rows of a store. */
export const rows: Edge = {
  corpus: [
    ...texts(event, { ...event, type: "text-delta", data: { text: "hé 😀" } }, { inputTokens: 1, outputTokens: 2 }),
    zstdCompressSync(Buffer.from(JSON.stringify(event))),
  ],
  take(input) {
    const text = input.toString("utf8");
    toRecord({
      run: "r",
      flow: "f",
      session: "s",
      input: "",
      status: "ok",
      started: "",
      ended: null,
      usage: text,
      last_seq: 1,
    });
    if (input[0] === 0x28) unpack(input);
    else JSON.stringify(parseEvent(text));
  },
};

/** Runs that were exported. */
export const recordings: Edge = {
  corpus: texts({ format: "sluicebox-run", version: 1, run: { run: "r", flow: "f", lastSeq: 1 }, events: [event] }),
  take(input) {
    try {
      readBundle(input.toString("utf8"));
    } catch (error) {
      // Its own word for what is none, which the page shows.
      if (!(error instanceof Error) || error.message !== "not a run that Sluicebox exported") throw error;
    }
  },
};

const profiles = [
  "version: 1\nplugins:\n  a: { use: llm-scripted, with: { answers: [x] } }\nflows:\n  chat: a\n",
  "version: 1\nplugins:\n  a: &x { use: llm-scripted }\n  b: *x\nflows:\n  chat: { loop: [a, b], max: 3 }\n  duel: { all: [a, b] }\n",
  "extends: ./none.yaml\nversion: 1\nplugins:\n  w: { use: websocket, with: { listen: '127.0.0.1:0', token: '${env:T:-x}' } }\n",
];

/** The text of a profile, as a client sends it to be checked. */
export const profile: Edge = {
  corpus: texts(...profiles),
  async take(input) {
    const { problems, sources } = await loadPlan({
      file: "sluice.yaml",
      text: input.toString("utf8"),
      trust: "client",
      cwd: "/nowhere",
      env: {},
    } as never);
    renderText(problems, sources);
  },
};

/** The parser and the printers themselves. */
export const json: Edge = {
  corpus: texts({ a: [1, "é", { b: null }], __proto: 1 }, [[]], '"\\ud83d\\ude00"', "-0.5e-3"),
  take(input) {
    const text = input.toString("utf8");
    const shown = printable(text);
    if (/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(shown)) throw new Error("a character was not written out");
    if (JSON.parse(printableJson(text)) !== text) throw new Error("JSON means something else");
    parseJson(input);
  },
};
