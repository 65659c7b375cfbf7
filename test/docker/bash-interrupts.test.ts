import { afterAll, beforeAll, expect, it } from "vitest";
import { type Kit, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox({ preload: [] });
});

afterAll(() => kit[Symbol.asyncDispose]());

/** Each forks all the time, so that many an interrupt comes between a fork and what the child was forked for. */
const loops: readonly (readonly [name: string, code: string])[] = [
  ["commands", "while :; do /bin/true; done"],
  ["substitutions", 'while :; do x="$(:)"; done'],
  ["background commands", "while :; do /bin/true & wait; done"],
];

it.each(loops)("should outlive interrupts at any moment, among %s", { timeout: 120_000, retry: 0 }, async (_, code) => {
  await using session = await kit.open();
  const bash = (text: string) => run(session, text, { language: "bash", timeout: 15_000 });
  // A copy of the shell has its number as well, and another process id.
  const first = await bash("count=0; echo $BASHPID");
  const ends: string[] = [];
  for (let round = 1; round <= 25; round += 1) {
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const running = run(session, `count=${round}; echo go; ${code}`, {
      language: "bash",
      timeout: 15_000,
      onEvent: (event) => event.type === "exec-stdout" && resolve(),
    });
    await begun;
    // At another moment of the loop each time.
    await new Promise((wake) => setTimeout(wake, (round * 7) % 11));
    await session.interrupt();
    // As a person does who sees it run on: children may miss every one of four.
    const again = setInterval(() => void session.interrupt().catch(() => {}), 1500);
    const { end } = await running.finally(() => clearInterval(again));
    const next = await bash("echo $count $BASHPID");
    if (next.stdout !== `${round} ${first.stdout}` || end.status !== "signalled" || end.stateLost) {
      ends.push(`${round}: ${end.status} ${end.stateLost} ${next.stdout}${next.stderr}`);
    }
  }
  expect(ends).toEqual([]);
  expect((await bash("kept=9")).end.exitCode).toBe(0);
  expect((await bash("echo $kept; exit 4")).end).toMatchObject({ exitCode: 4, stateLost: true });
});
