import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SinkEntry } from "../../../core/contract/index.ts";
import { createHost } from "../../../core/index.ts";

/** What the sink of the test was asked, in order. */
interface Seen {
  readonly calls: string[];
  readonly entries: SinkEntry[];
}

const code = `
export default { create: () => {
  const { calls, entries } = globalThis.sinkThatStarts;
  return {
    async start() {
      calls.push("start");
      // Longer than the pause after which a sink that does not run is looked for again.
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      calls.push("started");
    },
    write(batch) { calls.push("write"); entries.push(...batch); },
    flush() { calls.push("flush"); },
    async [Symbol.asyncDispose]() {},
  };
} };`;

describe("a sink whose start takes its time", () => {
  it("should be handed nothing before, and then everything from the first event on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-sink-"));
    const seen: Seen = { calls: [], entries: [] };
    Object.assign(globalThis, { sinkThatStarts: seen });
    try {
      const manifest = {
        name: "slow",
        kind: "sink",
        api: 1,
        description: "Starts slowly.",
        config: { type: "object" },
      };
      writeFileSync(join(folder, "plugin.json"), JSON.stringify(manifest));
      writeFileSync(join(folder, "index.js"), code);
      const plugins = { model: { use: "llm-scripted", with: { script: ["Yes."] } }, slow: { use: "./" } };
      const config = { version: 1, plugins, flows: { chat: "model" } };
      const host = await createHost({ config, cwd: folder, env: { SLUICE_HOME: join(folder, "home") } });
      await host.runs.open({ input: { text: "hi" } }).done;
      await host[Symbol.asyncDispose]();
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(seen.calls.slice(0, 3)).toEqual(["start", "started", "write"]);
    const states = seen.entries.flatMap((entry) =>
      entry.type === "plugin-status" && entry.source === "slow" ? [entry.data.status] : [],
    );
    // It is told of its own beginning as well.
    expect(states.slice(0, 2)).toEqual(["starting", "ok"]);
    expect(seen.entries.map(({ type }) => type)).toContain("run-end");
  });
});
