import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/contract/index.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { mistaken, repaired, tasks } from "../fixtures/coding-tasks/tasks.ts";

/** One model for each task: it makes the mistake first, and mends it only when it is shown the error. */
const models = Object.fromEntries(
  tasks.map((task) => {
    const script = [
      { text: "Like this:", code: mistaken(task) },
      { expect: task.error, text: "I see my mistake.", code: repaired(task) },
    ];
    return [task.name, { use: "llm-scripted", with: { script, chunk: 0 } }];
  }),
);
const loops = Object.fromEntries(
  tasks.map(({ name }) => [`loop-${name}`, { loop: [name, "box"], until: "passes", max: 3 }]),
);
const once = Object.fromEntries(tasks.map(({ name }) => [`once-${name}`, [name, "box"]]));

let test: TestHost;

beforeAll(async () => {
  const box = { use: "docker-sandbox", with: { pool: 1, preload: [], timeout: "20s" } };
  test = await startTestHost({
    store: false,
    config: { version: 1, plugins: { box, ...models }, flows: { ...loops, ...once } },
  });
});

afterAll(() => test[Symbol.asyncDispose]());

async function solve(flow: string, prompt: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of test.host.runs.open({ flow, input: { text: prompt } }).events()) events.push(event);
  return events;
}

const statusOf = (events: readonly RunEvent[]) =>
  events.map((event) => event.type === "run-end" && event.data.status).at(-1);

describe("the loop against coding tasks with a mistake in each", () => {
  it.each(tasks)("should come to a right $name", async ({ name, prompt, error }) => {
    const events = await solve(`loop-${name}`, prompt);
    const ends = events.flatMap((event) => (event.type === "exec-end" ? [event.data] : []));
    expect(ends).toMatchObject([
      { exitCode: 1, error: { name: error } },
      { status: "exited", exitCode: 0 },
    ]);
    expect(statusOf(events)).toBe("ok");
  });

  it("should come to nothing without the loop", async () => {
    const [first] = tasks;
    expect(statusOf(await solve(`once-${first?.name}`, first?.prompt ?? ""))).toBe("failed");
  });
});
