import { afterEach } from "vitest";
import type { OpenOptions, RunEvent } from "../../../core/contract/index.ts";
import type { Host } from "../../../core/index.ts";
import { startTestHost } from "../../../core/testing/index.ts";

/** What a test opened; closed after it, the last first. */
export const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

export async function startHost(
  plugins: Record<string, unknown>,
  flows: Record<string, unknown>,
  transports = false,
): Promise<Host> {
  const transport = transports ? { transport: { use: "websocket", with: { listen: "127.0.0.1:0" } } } : {};
  const started = await startTestHost({
    transports,
    store: false,
    config: { version: 1, plugins: { ...transport, ...plugins }, flows },
  });
  open.push(started);
  return started.host;
}

export const scripted = (...script: unknown[]) => ({ use: "llm-scripted", with: { script, chunk: 4 } });

/** The other host, and one here whose model it is. */
export async function startTwo(
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

export async function eventsOf(
  host: Host,
  options: OpenOptions,
  onEvent?: (event: RunEvent) => void,
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of host.runs.open(options).events()) {
    events.push(event);
    onEvent?.(event);
  }
  return events;
}

export const ask = (host: Host, text: string, session?: string) =>
  eventsOf(host, { input: { text }, ...(session === undefined ? {} : { session }) });
export const textOf = (events: readonly RunEvent[]) =>
  events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("");
export const errorOf = (events: readonly RunEvent[]) => events.find((event) => event.type === "error")?.data;
export const runsOf = (host: Host) =>
  host.feed
    .read(0, 1000, (event) => event.type === "run-start")
    .entries.flatMap(({ event }) => ("run" in event ? [host.runs.get(event.run)] : []));
