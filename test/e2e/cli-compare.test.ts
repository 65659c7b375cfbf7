import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, events, Place, said } from "./cli-kit.ts";

const models = `version: 1
plugins:
  quick:
    use: llm-scripted
    with:
      model: quick-1
      price: { input: 10, output: 100 }
      script: [{ text: "Paris, of course.", usage: { inputTokens: 100, outputTokens: 20 } }]
      repeat: true
  slow:
    use: llm-scripted
    with: { model: slow-1, script: [{ wait: 300ms, text: "The capital is Paris.", code: print(1) }], repeat: true }
  broken:
    use: llm-scripted
    with: { model: broken-1, script: [{ error: { code: SLUICE_MODEL_AUTH, message: "the key is wrong" } }], repeat: true }
  stuck: { use: llm-scripted, optional: true, with: { model: "\${env:NO_SUCH_MODEL}" } }
  console: { use: log-console, with: { level: error } }
flows:
  chat: quick
`;

/** The command on a terminal of its own, by script(1) of util-linux. */
const terminal = existsSync("/usr/bin/script") && process.platform === "linux";

function onTerminal(place: Place, columns: number, args: string): Promise<string> {
  const command = `${process.execPath} ${resolve(import.meta.dirname, "../../bin/run.js")} ${args}`;
  const child = spawn("script", ["-qec", `stty cols ${columns} rows 20; ${command}`, "/dev/null"], {
    cwd: place.folder,
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: "1", SLUICE_HOME: place.home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return ended(child).then(({ stdout }) => stripVTControlCharacters(stdout).replaceAll("\r\n", "\n"));
}

describe("sluice compare", () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(models);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should show the answers in the profile's order, errors among them, and the figures of each", async () => {
    const { stdout, stderr, code } = await place.run(["compare", "What is the capital of France?"]);
    const [quick, slow, broken, figures, ...rest] = stdout.split(/\n\n(?!```)/);
    expect(quick).toBe("quick: quick-1\nParis, of course.");
    expect(slow).toMatch(/^slow: slow-1\nThe capital is Paris\.\n\n```python\nprint\(1\)\n```$/);
    expect(broken).toContain("error[SLUICE_MODEL_AUTH]");
    expect(broken).toContain("the key is wrong");
    const rows = figures?.trimEnd().split("\n") ?? [];
    expect(rows[0]).toMatch(/^INSTANCE +MODEL +FIRST TOKEN +TOTAL +TOKENS IN\/OUT +COST +RESULT$/);
    expect(rows[1]).toMatch(/^quick +quick-1 +\d+ms +\d+ms +100\/20 +\$0\.003 +ok$/);
    expect(rows[2]).toMatch(/^slow +slow-1 +[3-9]\d\dms .* ok$/);
    expect(rows[3]).toMatch(/^broken +broken-1 +- .* SLUICE_MODEL_AUTH$/);
    expect(rows).toHaveLength(4);
    expect(rest).toEqual([]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  it("should ask only the models that are named, and read the question from stdin", async () => {
    const { stdout } = await place.run(["compare", "-m", "slow", "-m", "quick", "-"], { input: "Where is Paris?" });
    expect(stdout.match(/^\w+: \S+$/gm)).toEqual(["slow: slow-1", "quick: quick-1"]);
    expect(stdout).not.toContain("broken");
  });

  it("should give every model's events as JSON, each run whole", async () => {
    const { stdout, code } = await place.run(["compare", "--json", "hello"]);
    const seen = events(stdout) as unknown as { run: string; type: string; source: string }[];
    const runs = Map.groupBy(seen, ({ run }) => run);
    expect(runs.size).toBe(3);
    for (const each of runs.values()) {
      expect(each[0]?.type).toBe("run-start");
      expect(each.at(-1)?.type).toBe("run-end");
    }
    const asked = seen.filter(({ type }) => type === "model-start").map(({ source }) => source);
    expect(new Set(asked)).toEqual(new Set(["quick", "slow", "broken"]));
    expect(code).toBe(0);
  });

  it("should fail when no model has answered, and refuse one that is absent or unknown", async () => {
    expect((await place.run(["compare", "-m", "broken", "hello"])).code).not.toBe(0);
    const absent = await place.run(["compare", "-m", "stuck", "hello"]);
    expect(absent.stderr).toContain("stuck is absent");
    expect(absent.code).toBe(2);
    const unknown = await place.run(["compare", "-m", "nobody", "hello"]);
    expect(unknown.stderr).toContain("It has quick, slow, broken.");
    expect(unknown.code).toBe(2);
    expect((await place.run(["compare", " "])).code).toBe(2);
  });

  it("should stop every model with Ctrl-C, and show what was said", async () => {
    const hanging = models.replace("usage: { inputTokens: 100, outputTokens: 20 }", "hang: true");
    place.write("hang.yaml", hanging);
    const child = place.start(["compare", "--json", "-p", "hang.yaml", "-m", "quick", "-m", "slow", "hello"]);
    await said(child, "urse.");
    child.kill("SIGINT");
    const { code, stdout } = await ended(child);
    expect(stdout).toContain('"cancelled"');
    expect(code).toBe(130);
  });

  it("should wait for a model that pauses when nothing else is under way, as ask does", async () => {
    const flow = models.replace("chat: quick", "chat: slow");
    place.write("slow.yaml", flow);
    expect((await place.run(["ask", "-p", "slow.yaml", "hello"])).stdout).toContain("The capital is Paris.");
  });

  it.runIf(terminal)(
    "should put the answers side by side where a terminal is wide, else one after another",
    async () => {
      const wide = await onTerminal(place, 120, "compare hello");
      expect(wide).toMatch(/quick: quick-1 +│ slow: slow-1 +│ broken: broken-1\n/);
      expect(wide).toMatch(/Paris, of course\. +│ The capital is Paris\. +│ error\[SLUICE_MODEL_AUTH\]/);
      const narrow = await onTerminal(place, 60, "compare hello");
      expect(narrow).not.toContain("│");
      expect(narrow).toContain("slow: slow-1\nThe capital is Paris.");
    },
  );
});
