import type { Emission, HostEvent, RunEvent } from "../../contract/event.ts";

const ended = { stateLost: false, wallMs: 2, cpuMs: 1, peakBytes: 4096 };

/** One of each kind of event that a flow hands on, in an order that could be. */
export const emissions: readonly Emission[] = [
  { source: "model", type: "model-start", data: { model: "sample-1" } },
  { source: "model", type: "reasoning-delta", data: { text: "Hm." } },
  { source: "model", type: "text-start", data: {} },
  { source: "model", type: "text-delta", data: { text: "Let me count; 数える. " } },
  { source: "model", type: "text-end", data: {} },
  { source: "model", type: "code-start", data: { language: "python" } },
  { source: "model", type: "code-delta", data: { text: "print(6 * 7)" } },
  { source: "model", type: "code-end", data: {} },
  { source: "box", type: "exec-start", data: { language: "python", code: "print(6 * 7)" } },
  { source: "box", type: "exec-stdout", data: { text: "42\n", offset: 0 } },
  { source: "box", type: "exec-stderr", data: { base64: "/w==", offset: 0 } },
  { source: "box", type: "exec-result", data: { data: { "text/plain": "42" } } },
  { source: "box", type: "exec-file", data: { path: "a.txt", size: 1, mime: "text/plain" } },
  { source: "box", type: "exec-end", data: { status: "exited", exitCode: 0, signal: null, ...ended } },
];

/** A whole run of them. `ended`: whether it has its end. */
export function sampleRun(run: string, ended = true): readonly RunEvent[] {
  const start: Emission = {
    ...{ source: "core", type: "run-start" },
    data: { flow: "chat", session: `s_${run}`, input: { text: `How much is six times seven, ${run}?` } },
  };
  const end: Emission = {
    ...{ source: "core", type: "run-end" },
    data: {
      ...{ status: "ok", exitCode: 0, usage: { inputTokens: 3, outputTokens: 2 } },
      cost: { amount: null, currency: "USD" },
    },
  };
  const whole = [start, ...emissions, ...(ended ? [end] : [])];
  return whole.map((emission, index) => ({ run, seq: index + 1, time: timeOf(index), ...emission }));
}

const refused: HostEvent = { source: "box", type: "log", time: timeOf(0), data: { level: "info", message: "lost" } };

/** One of each event that happens outside of runs. */
export const hostEvents: readonly HostEvent[] = [
  {
    ...{ source: "core", type: "log", time: timeOf(0) },
    data: { level: "warn", message: "one line\nand another", fields: { code: "X" } },
  },
  {
    ...{ source: "box", type: "plugin-status", time: timeOf(1) },
    data: { status: "degraded", reason: "slow", since: timeOf(1) },
  },
  { source: "box", type: "plugin-metric", time: timeOf(2), data: { name: "pool.ready", value: 2 } },
  { source: "box", type: "sandbox-status", time: timeOf(3), data: { container: "c1", status: "running" } },
  { source: "wire", type: "connection-status", time: timeOf(4), data: { connection: "1", status: "open" } },
  { source: "core", type: "config-changed", time: timeOf(5), data: { path: "temperature", origin: "wire" } },
  { source: "core", type: "audit", time: timeOf(6), data: { action: "settings.set", client: "wire" } },
  {
    source: "file",
    type: "dead-letter",
    time: timeOf(7),
    data: { reason: "The disk is full.", attempts: 4, entry: refused },
  },
];

function timeOf(milliseconds: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, 0, milliseconds)).toISOString();
}
