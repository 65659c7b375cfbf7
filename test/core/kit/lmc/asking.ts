import { afterEach } from "vitest";
import type { ModelEvent } from "../../../../core/contract/model.ts";
import { type LmcAnswer, type LmcTimeouts, lmcAnswer } from "../../../../core/kit/lmc/answer.ts";
import { LmcConnection } from "../../../../core/kit/lmc/connection.ts";
import { type FakeLmcOptions, type FakeLmcServer, startFakeLmc } from "./fake-lmc-server.ts";

const timeouts: LmcTimeouts = { firstChunk: 10_000, idle: 10_000, execution: 10_000, total: 10_000 };
const open: (AsyncDisposable | LmcConnection)[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) {
    if (each instanceof LmcConnection) each.close();
    else await each[Symbol.asyncDispose]();
  }
});

export async function serve(options: FakeLmcOptions): Promise<FakeLmcServer> {
  const server = await startFakeLmc(options);
  open.push(server);
  return server;
}

export async function connect(server: FakeLmcServer, key?: string, timeout = 5000): Promise<LmcConnection> {
  const connection = await LmcConnection.open(
    { url: server.url, source: "there", timeout, ...(key === undefined ? {} : { key }) },
    new AbortController().signal,
  );
  open.push(connection);
  return connection;
}

interface Heard {
  readonly events: ModelEvent[];
  readonly answer: Promise<LmcAnswer>;
}

export function ask(
  connection: LmcConnection,
  options: Partial<LmcTimeouts> & { mayBeEmpty?: boolean; signal?: AbortSignal; gone?: AbortSignal } = {},
): Heard {
  const events: ModelEvent[] = [];
  const { mayBeEmpty = false, signal = new AbortController().signal, gone, ...changed } = options;
  const answer = lmcAnswer(
    connection,
    "hello",
    {
      source: "there",
      timeouts: { ...timeouts, ...changed },
      emit: (event) => events.push(event),
      mayBeEmpty,
      ...(gone === undefined ? {} : { gone }),
    },
    signal,
  );
  answer.catch(() => undefined);
  return { events, answer };
}

export const textOf = (events: readonly ModelEvent[]) =>
  events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
export const execOf = (events: readonly ModelEvent[]) =>
  events.flatMap((event) => (event.type === "exec" ? [event.event] : []));
