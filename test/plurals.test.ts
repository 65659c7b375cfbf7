import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { missingEvents, plural } from "../core/kit/index.ts";

/** What messages count. The page has words of its own, and a test of its own. */
const counted =
  "answers|attempts|bytes|characters|columns|connections|containers|entries|errors|events|files|folders|hosts|images|" +
  "instances|lines|messages|models|places|plugins|problems|profiles|results|rows|runs|sandboxes|sessions|tests|times|" +
  "tokens|warnings";

/** Bounds of the house: they are many, and known when they are written. */
const bound = /^(?:(?:most|longest|largest|maximum)\w*|(?:most|bounds)\.\w+|WINDOW)$/;

/** Where a name stands before a verb, or the number cannot be one. */
const exceptions = new Set([
  "bin/chat/chat.ts: printable(who)", // `tiny answers`
  "bin/chat/commands.ts: conversation.home",
  "bin/chat/commands.ts: id",
  "bin/author/scaffold.ts: folder",
  "bin/commands/models/pull.ts: id",
  "bin/commands/models/pull.ts: modelId",
  "bin/host/find-run.ts: found.length", // Two at least: one would be the run.
  "core/config/schema/schema-problems.ts: limit", // One is said as `is empty`.
  "core/journal/sinks.ts: id",
  "core/kit/flow/flow-shape.ts: node.max", // One is said as `once`.
  "core/run/run-registry.ts: count", // Two hundred.
  "core/run/run-input.ts: flow", // `the flow chat runs no code`
  "plugins/llm-local/local-model.ts: id",
  "plugins/lmc/inbox.ts: limit",
  "plugins/mcp/progress.ts: event.data.language",
  "plugins/mcp/progress.ts: event.data.model",
  "plugins/webhook/webhook-sink.ts: this.#url.host",
]);

function numbersBeside(path: string, source: string): string[] {
  const beside = new RegExp(`\\$\\{((?:[^{}\`]|\\{[^{}]*\\})*)\\}\\s+(?:[a-z]+ )?(?:${counted})\\b`, "g");
  return [...source.matchAll(beside)].flatMap(([found, expression = ""]) => {
    const fine = bound.test(expression) || /\bplural\(|^"|figure\(/.test(expression);
    return fine || exceptions.has(`${path}: ${expression}`) ? [] : [`${path}: ${found}`];
  });
}

describe("the words for a number", () => {
  it("should be those for one where it is one", () => {
    expect([0, 1, 2, 1_000].map((count) => plural(count, "line"))).toEqual([
      "0 lines",
      "1 line",
      "2 lines",
      "1000 lines",
    ]);
    expect([1, 2].map((count) => plural(count, "entry is", "entries are"))).toEqual(["1 entry is", "2 entries are"]);
  });

  it("should say which events are missing", () => {
    expect(missingEvents({ from: 5, to: 5 })).toBe("event 5 is missing");
    expect(missingEvents({ from: 5, to: 7 })).toBe("events 5 to 7 are missing");
  });

  it("should be chosen by `plural` in each message", () => {
    const paths = globSync("{core,bin,plugins}/**/*.ts").filter((path) => !/\/page\/|\.generated\.ts$/.test(path));
    expect(paths.length).toBeGreaterThan(500);
    expect(paths.flatMap((path) => numbersBeside(path, readFileSync(path, "utf8")))).toEqual([]);
  });

  it("should be missed where they are planted", () => {
    const planted =
      '`${a.b} lines` `${count} more entries` `${most} bytes` `${plural(a, "line")} and` `${x({ y })} files`';
    expect(numbersBeside("core/a.ts", planted)).toHaveLength(3);
  });
});
