import { lastValueFrom, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import type { ExecuteOptions } from "../../../core/contract/index.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import type { SandboxScriptedConfig } from "../../../plugins/sandbox-scripted/config.generated.ts";
import { ScriptedSandbox } from "../../../plugins/sandbox-scripted/scripted-sandbox.ts";

async function opened(script: SandboxScriptedConfig["script"], repeat = false) {
  const clock = new FakeClock();
  const sandbox = new ScriptedSandbox({ script, repeat }, clock);
  const open = () => sandbox.open({ session: "s", mode: "cell" }, new AbortController().signal);
  const session = await open();
  const run = (code: string, options: Partial<ExecuteOptions> = {}, own = session) =>
    lastValueFrom(own.execute(code, { language: "python", ...options }).pipe(toArray()));
  return { clock, sandbox, open, session, run };
}

describe("a scripted sandbox", () => {
  it("should do what is written, in the order of each session, or by what the program says", async () => {
    const { run, open } = await opened([
      "one\n",
      { when: "boom", stderr: "no\n", exitCode: 3, error: { name: "E", message: "no" } },
      { expect: "second", stdout: "two\n", files: { "a.txt": "x" } },
    ]);
    const texts = async (code: string) =>
      (await run(code)).flatMap(({ type, data }) => (type === "exec-stdout" ? [data.text] : []));
    expect(await texts("first")).toEqual(["one\n"]);
    expect((await run("boom")).at(-1)).toMatchObject({ type: "exec-end", data: { exitCode: 3, error: { name: "E" } } });
    expect((await run("second")).map(({ type }) => type)).toEqual([
      "exec-start",
      "exec-stdout",
      "exec-file",
      "exec-end",
    ]);
    await expect(run("third")).rejects.toThrow("the script has nothing for program 3");
    const other = await open();
    expect((await run("again", {}, other)).at(1)).toMatchObject({ data: { text: "one\n" } });
    await expect(run("nothing of it", {}, other)).rejects.toThrow('expects "second"');
  });

  it("should begin again where it repeats", async () => {
    const { run } = await opened(["one", "two"], true);
    const said = [];
    for (let time = 0; time < 3; time += 1) said.push((await run("x")).at(1)?.data);
    expect(said).toMatchObject([{ text: "one" }, { text: "two" }, { text: "one" }]);
  });

  it("should hang until it is interrupted, aborted, or its time is over", async () => {
    const { run, session, clock } = await opened([{ hang: true }], true);
    const interrupted = run("x");
    await new Promise((resolve) => setImmediate(resolve));
    expect(await session.interrupt()).toBe(true);
    expect((await interrupted).at(-1)).toMatchObject({ data: { status: "signalled", signal: "SIGINT" } });
    const stop = new AbortController();
    const aborted = run("x", { signal: stop.signal });
    stop.abort();
    expect((await aborted).at(-1)).toMatchObject({ data: { status: "killed", stateLost: true } });
    const late = run("x", { timeout: 1_000 });
    await clock.untilSleeping();
    await clock.advance(1_000);
    expect((await late).at(-1)).toMatchObject({ data: { status: "timeout" } });
  });
});
