import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaultyHost, faults } from "./monitor-faults.ts";
import { noPause, Person } from "./monitor-person.ts";

let host: FaultyHost;

beforeAll(async () => {
  host = await FaultyHost.start();
});

afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
});

/** `npm run tasks:monitor` times the same at a person's pace. */
describe("a person who sees what is drawn, and clicks", () => {
  it.each(faults)("should find a $name, read why, and run it changed", async ({ wrong, why, again, steps }) => {
    const page = await host.open();
    const person = new Person(page, noPause);
    const taken: number[] = [];
    for (const task of [wrong, why, again]) {
      await task(person, host.monitor.folder);
      taken.push(person.steps().length);
    }
    expect(taken).toEqual(steps);
    await page.context().close();
  });
});
