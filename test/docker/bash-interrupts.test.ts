import { afterAll, beforeAll, expect, it } from "vitest";
import { type Kit, type Ran, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;

/** So little that nobody gets to run when it wants to: an interrupt finds processes at every step they take. */
beforeAll(async () => {
  kit = await startSandbox({ preload: [], cpus: 0.3 });
});

afterAll(() => kit[Symbol.asyncDispose]());

/** Most fork all the time, so that many an interrupt comes between a fork and what the child was forked for. */
const loops: readonly (readonly [name: string, code: string])[] = [
  ["commands", "while :; do /bin/true; done"],
  ["substitutions", 'while :; do x="$(:)"; done'],
  ["background commands", "while :; do /bin/true & wait; done"],
  ["a background command that ignores them", "sleep 100 & wait"],
  ["commands with a group of their own", "while :; do x=$(timeout 100 sleep 100); done"],
  ["subshells", "while :; do (:); done"],
  ["subshells of a subshell", "(while :; do (:); /bin/true; done)"],
  ["subshells of a shell that takes SIGTERM", "trap : TERM; while :; do (:); /bin/true; done"],
  ["pipelines", "while :; do /bin/true | /bin/true; done"],
  ["functions", "f() { while :; do (/bin/true); done; }; f"],
  ["built-in commands", "while :; do :; done"],
];

it.each(loops)(
  "should take one interrupt at any moment, and outlive it, among %s",
  { timeout: 600_000, retry: 0 },
  async (_, code) => {
    await using session = await kit.open();
    const bash = (text: string) => run(session, text, { language: "bash", timeout: 90_000 });
    // A copy of the shell has its number as well, and another process id.
    const first = await bash("count=0; echo $BASHPID");
    const ends: string[] = [];
    for (let round = 1; round <= 12; round += 1) {
      const { promise: begun, resolve } = Promise.withResolvers<void>();
      const running = run(session, `count=${round}; echo go; ${code}`, {
        language: "bash",
        timeout: 90_000,
        onEvent: (event) => event.type === "exec-stdout" && resolve(),
      });
      await begun;
      // At another moment of the loop each time.
      await new Promise((wake) => setTimeout(wake, (round * 7) % 11));
      await session.interrupt();
      const { end } = await running;
      const next = await bash("echo $count $BASHPID");
      if (next.stdout !== `${round} ${first.stdout}` || end.status !== "signalled" || end.stateLost) {
        ends.push(`${round}: ${end.status} ${end.stateLost} ${next.stdout}${next.stderr}`);
      }
    }
    expect(ends).toEqual([]);
    expect((await bash("kept=9")).end.exitCode).toBe(0);
    expect((await bash("echo $kept; exit 4")).end).toMatchObject({ exitCode: 4, stateLost: true });
  },
);

/** Runs code in a session of its own, and interrupts it once, when it has said something. */
async function runInterrupted(code: string): Promise<Ran> {
  await using session = await kit.open();
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const running = run(session, code, {
    language: "bash",
    timeout: 90_000,
    onEvent: (event) => event.type === "exec-stdout" && resolve(),
  });
  await begun;
  await session.interrupt();
  return await running;
}

it("should tell a trap that goes on of one interrupt, at most four times", { timeout: 600_000 }, async () => {
  const loop = "while (( SECONDS < until )); do /bin/true; (:); x=$(:); done";
  const { stdout, end } = await runInterrupted(
    `trap 'echo told' INT; until=$((SECONDS + 6)); echo go; ${loop}; echo over`,
  );
  expect(stdout).toMatch(/^go\n(told\n){1,4}over\n$/);
  expect(end).toMatchObject({ status: "exited", exitCode: 0, stateLost: false });
});

it("should tell the code of a trap that exits", { timeout: 600_000 }, async () => {
  const { stdout, end } = await runInterrupted("trap 'echo cleaned; exit 7' INT; echo go; sleep 100");
  expect(stdout).toBe("go\ncleaned\n");
  expect(end).toMatchObject({ status: "exited", exitCode: 7, stateLost: true });
});

it("should give a command that takes interrupts by itself one, and go on after it", { timeout: 600_000 }, async () => {
  const program = [
    "import signal, time",
    "heard = []",
    "signal.signal(signal.SIGINT, lambda *_: heard.append(1))",
    "print('go', flush=True)",
    "until = time.monotonic() + 2",
    "while time.monotonic() < until: time.sleep(0.01)",
    "print(len(heard))",
  ].join("\n");
  const { stdout, end } = await runInterrupted(`python3 -c "${program}"; echo after`);
  expect(stdout).toBe("go\n1\nafter\n");
  expect(end).toMatchObject({ status: "exited", exitCode: 0, stateLost: false });
});

it("should bear commands whose names are no text", { timeout: 600_000 }, async () => {
  await using session = await kit.open();
  const bash = (code: string, onOutput = () => {}) =>
    run(session, code, {
      language: "bash",
      timeout: 90_000,
      onEvent: (event) => event.type === "exec-stdout" && onOutput(),
    });
  await bash('name=$\'sl\\xff) R 1\\n\\xfe\'; cp /bin/sleep "$name"; cp /bin/cat "$name.cat"');
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const running = bash('echo go; "./$name" 1000 | "./$name.cat"', resolve);
  await begun;
  await session.interrupt();
  expect((await running).end).toMatchObject({ status: "signalled", stateLost: false });
  expect((await bash('echo "${#name}"')).end).toMatchObject({ exitCode: 0, stateLost: false });
});
