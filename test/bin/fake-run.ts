import type { EventData, EventType, RunEvent, RunHandle } from "../../core/contract/index.ts";

/** Events of one run, numbered; the envelope is filled in. */
export function eventsOf(
  ...parts: { [Type in EventType]: [type: Type, data: EventData[Type]] }[EventType][]
): RunEvent[] {
  return parts.map(
    ([type, data], index) =>
      ({ run: "r_1", seq: index + 1, time: "2026-01-01T00:00:00.000Z", source: "box", type, data }) as RunEvent,
  );
}

export const zero = { usage: { inputTokens: 0, outputTokens: 0 }, cost: { amount: null, currency: "USD" } } as const;

export interface FakeRun extends RunHandle {
  readonly cancelled: ("run" | "step" | undefined)[];
  readonly interrupts: number;
  readonly answers: unknown[];
}

/** A run whose events are given; `file` reads from a record. */
export function fakeRun(
  events: Iterable<RunEvent> | AsyncIterable<RunEvent>,
  files: Record<string, string> = {},
): FakeRun {
  const cancelled: ("run" | "step" | undefined)[] = [];
  const answers: unknown[] = [];
  let interrupts = 0;
  return {
    run: "r_1",
    session: "s_1",
    flow: "run",
    owner: undefined,
    async *events() {
      yield* events;
    },
    done: new Promise(() => {}),
    cancel: (scope) => cancelled.push(scope),
    interrupt: async () => {
      interrupts += 1;
      return true;
    },
    input: async (answer) => {
      answers.push(answer);
    },
    files: async () => [],
    file: async (path) => {
      const content = files[path];
      if (content === undefined) throw new Error(`no ${path}`);
      return Buffer.from(content);
    },
    cancelled,
    answers,
    get interrupts() {
      return interrupts;
    },
  };
}
