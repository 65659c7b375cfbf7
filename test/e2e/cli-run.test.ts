import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containersOf, ended, events, Place, profile, said } from "./cli-kit.ts";

describe("sluice run", () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(profile);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should print what the program prints, and nothing else", async () => {
    const run = await place.run(["run", "-e", "print('Hello, World!')"]);
    expect(run).toMatchObject({ stdout: "Hello, World!\n", stderr: "", code: 0 });
  });

  it("should exit as the program does", async () => {
    const run = await place.run(["run", "-e", "import sys; print('no', file=sys.stderr); sys.exit(3)"]);
    expect(run).toMatchObject({ stdout: "", stderr: "no\n", code: 3 });
  });

  it("should end a program that does not end, and leave no container", async () => {
    const child = place.start(["run", "-e", "while True: pass", "--timeout", "2s"]);
    const run = await ended(child);
    expect(run.code).toBe(124);
    expect(run.took).toBeGreaterThan(1_900);
    expect(run.stderr).toContain("--timeout");
    expect(await containersOf(child)).toEqual([]);
  });

  it("should exit 128 and the signal's number where a signal ended the program", async () => {
    const run = await place.run(["run", "-e", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"]);
    expect(run.code).toBe(139);
  });

  it("should exit 137 when the memory is used up, and say so", async () => {
    const run = await place.run(["run", "-e", "x = bytearray(3 * 1024**3)\nfor i in range(0, len(x), 4096): x[i] = 1"]);
    expect(run.code).toBe(137);
    expect(run.stderr).toContain("memory");
  });

  it("should pass bytes through as they are", async () => {
    const run = await place.run(["run", "-e", "import os; os.write(1, bytes([255, 0, 254, 10]))"]);
    expect([...run.bytes]).toEqual([255, 0, 254, 10]);
  });

  it("should run empty code", async () => {
    expect(await place.run(["run", "-e", ""])).toMatchObject({ stdout: "", stderr: "", code: 0 });
  });

  it("should take the language from the file's name, from -l, and the program from stdin", async () => {
    place.write("a.js", "console.log(6 * 7)");
    place.write("a.sh", "echo from $0bash; exit 4");
    expect(await place.run(["run", "a.js"])).toMatchObject({ stdout: "42\n", code: 0 });
    expect((await place.run(["run", "a.sh"])).code).toBe(4);
    const piped = await place.run(["run", "-l", "javascript", "-"], { input: "console.log(1 + 1)" });
    expect(piped).toMatchObject({ stdout: "2\n", code: 0 });
  });

  it("should answer a program that asks from a pipe, and with the end of file otherwise", async () => {
    const code = ["run", "-e", "print('hi ' + input('name? '))"];
    const answered = await place.run(code, { input: "Ada\n" });
    expect(answered).toMatchObject({ stdout: "name? hi Ada\n", code: 0 });
    const alone = await place.run(code);
    expect(alone.stderr).toContain("EOFError");
    expect(alone.code).toBe(1);
  });

  it("should print one event a line with --json, and nothing else", async () => {
    const run = await place.run(["run", "--json", "-e", "print(1)\n2"]);
    const seen = events(run.stdout);
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    expect(seen.map(({ type }) => type)).toEqual([
      "run-start",
      "exec-start",
      "exec-stdout",
      "exec-result",
      "exec-end",
      "run-end",
    ]);
    expect(run.stderr).toBe("");
  });

  it("should put files in, and bring files and pictures back", async () => {
    place.write("numbers.csv", "1,4,9\n");
    place.write(
      "plot.py",
      `import matplotlib.pyplot as plt
numbers = [int(n) for n in open("numbers.csv").read().split(",")]
plt.plot(numbers)
plt.show()
with open("sum.txt", "w") as file: file.write(str(sum(numbers)))
`,
    );
    const run = await place.run(["run", "plot.py", "--put", "numbers.csv", "--get", "made"]);
    expect(run.code).toBe(0);
    expect(place.read("made/sum.txt").toString()).toBe("14");
    expect([...place.read("made/result-1.png").subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("should not wait for a program at %s, and leave no container", async (signal, code) => {
    const program =
      "import time\nprint('ready', flush=True)\nwhile True:\n  try: time.sleep(60)\n  except KeyboardInterrupt: pass";
    const child = place.start(["run", "-e", program]);
    await said(child, "ready");
    const begun = performance.now();
    child.kill(signal);
    const run = await ended(child);
    expect(run.code).toBe(code);
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(await containersOf(child)).toEqual([]);
  });

  it("should end quietly when nobody reads any more", async () => {
    const child = place.start(["run", "-e", "while True: print('line')"]);
    await said(child, "line");
    child.stdout?.destroy();
    const run = await ended(child);
    expect(run).toMatchObject({ code: 141, stderr: "" });
    expect(await containersOf(child)).toEqual([]);
  });

  it("should say what is missing and how to get it", async () => {
    const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
    const run = await place.run(["run", "--json", "-e", "1"], { env });
    expect(run.code).toBe(69);
    expect(run.stderr).toMatch(/^error\[SLUICE_DOCKER_UNAVAILABLE\]: .*\n {2}= .+/);
    expect(events(run.stdout).find(({ type }) => type === "error")?.data["code"]).toBe("SLUICE_DOCKER_UNAVAILABLE");
  });

  it.each([
    [["run", "-e", "1", "other.py"], "given twice"],
    [["run", "nothing.py"], "no such file"],
    [["run", "-e", "1", "--timeout", "5"], "--timeout wants a duration"],
    [["run", "-e", "1", "--wrong"], "--wrong"],
    [["nonsense"], "nonsense"],
  ])("should exit 2 for %j", async (args, words) => {
    const run = await place.run(args);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("error[SLUICE_USAGE]");
    expect(run.stderr).toContain(words);
    expect(run.stdout).toBe("");
  });

  it("should want a host that is up for a session", async () => {
    const run = await place.run(["run", "-e", "1", "--session", "mine"]);
    expect(run.code).toBe(69);
    expect(run.stderr).toContain("SLUICE_HOST_UNAVAILABLE");
    expect(run.stderr).toContain("sluice up");
  });

  it("should name the flows there are when the one asked for is not", async () => {
    const run = await place.run(["run", "-e", "1", "-f", "wrong"]);
    expect(run.code).toBe(69);
    expect(run.stderr).toContain("run, chat");
  });
});
