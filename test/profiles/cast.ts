import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import type { RunEvent } from "../../core/contract/index.ts";
import { createHost } from "../../core/index.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { modelHome } from "../e2e/cli-kit.ts";

const folder = resolve(import.meta.dirname, "../../profiles");

type Instance = Readonly<Record<string, unknown>>;

/** A profile as it is shipped, with the given instances in place of those that need a key, and without its console. */
export async function cast(
  name: string,
  players: Readonly<Record<string, Instance>>,
  options: { readonly transports?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<TestHost> {
  const profile = parse(readFileSync(join(folder, `${name}.yaml`), "utf8")) as {
    plugins: Record<string, Instance>;
  };
  for (const id of Object.keys(players)) {
    if (profile.plugins[id] === undefined) throw new Error(`${name}.yaml has no instance ${id}`);
  }
  const { console: _, transport: __, ...plugins } = profile.plugins;
  const transport = options.transports ? { transport: { use: "websocket", with: { listen: "127.0.0.1:0" } } } : {};
  return startTestHost({
    config: { ...profile, plugins: { ...plugins, ...transport, ...players } },
    store: false,
    ...options,
  });
}

/** A model that gives these answers, in order. */
export const scripted = (...script: readonly (string | Instance)[]): Instance => ({
  use: "llm-scripted",
  with: { script },
});

export async function play({ host }: TestHost, flow: string, text: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of host.runs.open({ flow, input: { text } }).events()) events.push(event);
  return events;
}

/** Who said what, in order of beginning. */
export function transcript(events: readonly RunEvent[]): { who: string; said: string }[] {
  const lines: { who: string; said: string }[] = [];
  for (const event of events) {
    if (event.type === "model-start") lines.push({ who: event.source, said: "" });
    if (event.type !== "text-delta") continue;
    const line = lines.findLast(({ who }) => who === event.source);
    if (line) line.said += event.data.text;
  }
  return lines;
}

export function endOf(events: readonly RunEvent[]) {
  const end = events.at(-1);
  if (end?.type !== "run-end") throw new Error(`the run ends with ${end?.type}`);
  return end.data;
}

/** Fetches the local model into the home that test runs share. */
export async function pullLocalModel(): Promise<void> {
  const config = { version: 1, plugins: { tiny: { use: "llm-local" } }, flows: { chat: "tiny" } };
  const host = await createHost({ config, store: false, env: { ...process.env, SLUICE_HOME: modelHome } });
  const model = host.instance("tiny") as { pull?: (options: object, signal: AbortSignal) => Promise<void> };
  await model.pull?.({}, new AbortController().signal);
  await host.close({ drain: 0 });
}
