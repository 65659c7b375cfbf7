import { firstValueFrom } from "rxjs";
import type { HostApi } from "../../core/contract/index.ts";
import type { ModelStats } from "./model-stats.ts";

const states = ["starting", "ok", "degraded", "failed", "stopping", "stopped", "absent"] as const;

/** Lines of one family. */
class Family {
  readonly #lines: string[];
  readonly #name: string;

  constructor(name: string, type: "gauge" | "counter", help: string) {
    this.#name = name;
    this.#lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
  }

  add(value: number, labels: Readonly<Record<string, string>> = {}): this {
    const named = Object.entries(labels).map(([key, label]) => `${key}="${escapeLabel(label)}"`);
    this.#lines.push(`${this.#name}${named.length === 0 ? "" : `{${named.join(",")}}`} ${value}`);
    return this;
  }

  toString(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

/** The host's figures in the text format of Prometheus, version 0.0.4. */
export async function prometheusText(host: HostApi, stats: ModelStats): Promise<string> {
  const instances = await firstValueFrom(host.status$);
  const up = new Family("sluice_instance_status", "gauge", "1 for the state an instance is in, 0 for the others.");
  const restarts = new Family("sluice_instance_restarts_total", "counter", "Restarts of an instance.");
  for (const { id, plugin, kind, status, restarts: count } of instances) {
    for (const state of states) up.add(Number(state === status), { instance: id, plugin, kind, status: state });
    restarts.add(count, { instance: id });
  }
  const events = new Family("sluice_events_total", "counter", "Events since the host started, by source and type.");
  for (const [name, count] of host.feed.counts) {
    const at = name.lastIndexOf(".");
    events.add(count, { source: name.slice(0, at), type: name.slice(at + 1) });
  }
  const tokens = new Family("sluice_model_tokens_total", "counter", "Tokens that models read and wrote.");
  const first = new Family("sluice_model_first_token_seconds", "gauge", "Time to the first token of late answers.");
  for (const { id } of host.models.list()) {
    const figures = stats.of(id);
    tokens.add(figures.inputTokens, { model: id, direction: "input" });
    tokens.add(figures.outputTokens, { model: id, direction: "output" });
    if (figures.firstTokenP50 !== null) first.add(figures.firstTokenP50 / 1000, { model: id, quantile: "0.5" });
    if (figures.firstTokenP95 !== null) first.add(figures.firstTokenP95 / 1000, { model: id, quantile: "0.95" });
  }
  const values = new Family("sluice_plugin_metric", "gauge", "The newest value of what a plugin measures.");
  for (const event of host.feed.retained) {
    if (event.type === "plugin-metric") values.add(event.data.value, { instance: event.source, name: event.data.name });
  }
  return [
    new Family("sluice_info", "gauge", "Always 1.").add(1, { version: host.info.version }),
    new Family("sluice_runs_active", "gauge", "Runs under way.").add(host.runs.active),
    new Family("sluice_memory_bytes", "gauge", "Resident memory of the host.").add(process.memoryUsage.rss()),
    ...[up, restarts, events, tokens, first, values],
  ].join("");
}

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
