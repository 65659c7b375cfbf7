import { lastValueFrom, toArray } from "rxjs";
import { afterEach } from "vitest";
import type { Health, ModelEvent, ModelRequest } from "../../../core/contract/index.ts";
import type { OpenInterpreterConfig } from "../../../plugins/open-interpreter/config.generated.ts";
import { OpenInterpreter } from "../../../plugins/open-interpreter/model.ts";
import { complete, type FakeLmcOptions, said, type Talk } from "../../core/kit/lmc/fake-lmc-server.ts";
import { FakeEngine } from "./fake-engine.ts";

export const MIB = 1024 * 1024;

export const defaults: OpenInterpreterConfig = {
  engine: "box",
  model: "openai/scripted",
  apiKey: "key-for-tests",
  apiBase: "http://172.17.0.1:1/v1",
  functions: false,
  autoRun: true,
  build: { caCertificates: "none" },
  cpus: 2,
  memory: 1024 * MIB,
  pids: 200,
  workspace: 256 * MIB,
  tmp: 128 * MIB,
  network: "bridge",
  sessions: 4,
  pool: 1,
  idle: 60_000,
  heartbeat: 60_000,
  timeouts: { start: 5000, firstChunk: 5000, idle: 5000, execution: 5000, total: 10_000 },
};

const note = () => undefined;
export const log = { level: "info", trace: note, debug: note, info: note, warn: note, error: note } as const;

/** What a test made; disposed after it. */
export const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

/** The model over servers of this process, which do what `options` says. */
export function make(config: Partial<OpenInterpreterConfig> = {}, options: FakeLmcOptions = {}, serving = false) {
  const engine = new FakeEngine(options);
  const mode = { serving, terminal: true };
  const model = new OpenInterpreter({ ...defaults, ...config }, { id: "oi", engine, log, mode });
  open.push(model);
  const health: Health[] = [];
  model.health$.subscribe((each) => health.push(each));
  model.start();
  return { engine, model, health };
}

export const request = (text: string, session?: string): ModelRequest => ({
  system: "",
  codeWanted: false,
  messages: [{ role: "user", text }],
  ...(session === undefined ? {} : { session }),
});

export const ask = (model: OpenInterpreter, what: ModelRequest, signal = new AbortController().signal) =>
  lastValueFrom(model.generate(what, signal).pipe(toArray()));

export const textOf = (events: readonly ModelEvent[]) =>
  events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");

export const echo = ({ text, send }: Talk) => send(said(`You said ${text}.`), complete);
