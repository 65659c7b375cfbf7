import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, type Ended, ended, events, Place } from "./cli-kit.ts";
import { launch } from "./monitor-kit.ts";

const profile = `version: 1
plugins:
  box: { use: docker-sandbox }
  model: { use: llm-scripted, with: { script: ["You said it."], repeat: true } }
  transport: { use: websocket, with: { listen: "127.0.0.1:0" } }
  monitor: { use: web-monitor, with: { listen: "127.0.0.1:0" } }
flows: { run: box, cells: box, chat: model }
`;

let place: Place;
let browser: Browser;
let page: Page;
let address = "";

beforeAll(async () => {
  place = new Place(profile);
  ({ address } = await place.up());
  mkdirSync(join(place.folder, "bin"));
  writeFileSync(join(place.folder, "bin", "sluice"), `#!/bin/sh\nexec '${process.execPath}' '${command}' "$@"\n`, {
    mode: 0o755,
  });
  const { stdout } = await place.run(["monitor", "--json"]);
  browser = await launch();
  page = await browser.newPage({ acceptDownloads: true });
  page.setDefaultTimeout(60_000);
  await page.goto((JSON.parse(stdout) as { link: string }).link);
  await page.getByText("live", { exact: true }).first().waitFor();
});

afterAll(async () => {
  await browser?.close();
  await place?.[Symbol.asyncDispose]();
});

/** What a command line asked, and what came of it. */
async function asked([name = "", ...args]: readonly string[], input?: string | Uint8Array) {
  const { stdout } = await place.run([name, "--json", ...args], input === undefined ? {} : { input });
  const all = events(stdout);
  const start = all.find(({ type }) => type === "run-start") as unknown as {
    run: string;
    data: { flow: string; session: string; input: object };
  };
  return { ...start, printed: printedIn(all) };
}

const printedIn = (all: ReturnType<typeof events>): string =>
  all.flatMap(({ type, data }) => (type === "exec-stdout" ? [String(data["text"])] : [])).join("");

/** Saves the script that the page offers, and runs it in the folder of the profile. */
async function savedAndRun(input = ""): Promise<Ended> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save as a script" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.sh$/);
  const script = join(place.folder, "again.sh");
  await download.saveAs(script);
  const child = spawn("sh", [script], {
    cwd: place.folder,
    env: {
      ...process.env,
      ...{ PATH: `${join(place.folder, "bin")}:${process.env["PATH"]}`, SLUICE_HOME: place.home, SLUICE_TRUST: "all" },
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  return ended(child);
}

/** The newest run, as the host tells it. */
async function newest() {
  const { stdout } = await place.run(["attach", "last", "--json"]);
  return events(stdout).find(({ type }) => type === "run-start")?.data as { flow: string; session: string };
}

describe("a run that the page saves as a script", () => {
  it("should ask the same in its session, with its files in their folders and its flow", async () => {
    const session = `work-${randomUUID().slice(0, 8)}`;
    mkdirSync(join(place.folder, "data", "deep"), { recursive: true });
    place.write("data/deep/it's 日本.csv", "a,b\r\n");
    place.write("data/bytes", Uint8Array.from([0, 255, 10, 13]));
    const code =
      "n = globals().get('n', 0) + 1\nprint(n, open(\"data/deep/it's 日本.csv\", newline='').read(), open('data/bytes', 'rb').read())";
    const run = await asked(["run", "-e", code, "-f", "cells", "--session", session, "--put", "data"]);
    expect(run.printed).toContain("1 a,b\r\n b'\\x00\\xff\\n\\r'");
    await page.goto(`${address}/monitor/runs/${run.run}`);
    const { code: status, stdout, stderr } = await savedAndRun();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(run.printed.replace("1", "2"));
    expect(await newest()).toMatchObject({
      flow: "cells",
      session,
      input: (run.data as { input: object }).input,
    });
  });

  it("should keep the arguments, the name and the standard input of a program that no command line has room for", async () => {
    const code = `import sys\nend = r"""it's $HOME \`date\` \\\n"""\nprint(len(end), sys.argv[0].split('/')[-1], sys.argv[1:], sys.stdin.read())\n${"# '\n".repeat(50_000)}END\n`;
    place.write("my tool.py", code.replace("END\n", "sys.exit(3)"));
    const run = await asked(["run", "my tool.py", "--", "--x", "a b"]);
    await page.goto(`${address}/monitor/runs/${run.run}`);
    const { code: status, stdout, stderr } = await savedAndRun("typed");
    expect(stderr).toBe("");
    expect([status, stdout]).toEqual([3, `${run.printed.trimEnd()} typed\n`.replace("  ", " ")]);
    expect(stdout).toContain("my tool.py ['--x', 'a b'] typed");
  });

  it("should read beside it a file that the host has no longer, and say which", async () => {
    place.write("gone.txt", "one");
    const run = await asked(["run", "-e", "print(open('gone.txt').read())", "--put", "gone.txt"]);
    place.write("gone.txt", "two");
    await page.goto(`${address}/monitor/runs/${run.run}`);
    const { stdout } = await savedAndRun();
    expect(stdout).toBe("two\n");
    expect(place.read("again.sh").toString()).toContain("# gone.txt is not in this script");
  });

  it.each([
    ["a text", Buffer.from("one\nit's ü\n")],
    ["bytes", Uint8Array.of(0xff, 0, 10)],
  ])("should give its program the standard input that was piped into it, %s", async (_, input) => {
    const code = "import sys\nprint(sys.stdin.buffer.read())";
    const run = await asked(["run", "-e", code], input);
    await page.goto(`${address}/monitor/runs/${run.run}`);
    await page.getByText(`Standard input, ${input.length} B`).click();
    expect((await savedAndRun("typed")).stdout).toBe(run.printed);
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByText(`with its standard input, ${input.length} B`).waitFor();
    await page.locator(".composer textarea").press("Control+Enter");
    await page.locator(".answer-card").getByText(run.printed.trim()).waitFor();
  });

  it("should ask for a standard input that is too long to be kept, and for one with secrets in it", async () => {
    const code = "import sys\nprint(len(sys.stdin.read()))";
    const long = await asked(["run", "-e", code], "x".repeat(70_000));
    const secret = ["--env", "API_TOKEN=hunter2-hunter2"];
    const masked = await asked(["run", "-e", code, ...secret], "key: hunter2-hunter2\n");
    for (const [{ run }, words] of [
      [long, "68.4 KB are too much to keep"],
      [masked, "secrets are in it"],
    ] as const) {
      await page.goto(`${address}/monitor/runs/${run}`);
      await page.getByText(/^Standard input, /).click();
      expect(await page.content()).not.toContain("hunter2");
      await page.getByText(`<./${run}.stdin`, { exact: false }).first().waitFor();
      const { code: status, stderr, stdout } = await savedAndRun("typed");
      expect([status, stdout]).toEqual([66, ""]);
      expect(stderr).toContain(`${run}.stdin`);
      await page.getByRole("button", { name: "Run again" }).click();
      await page.getByText(words, { exact: false }).waitFor();
    }
  });

  it("should ask the models the same question", async () => {
    const { run } = await asked(["ask", "--session", "talk", "--", '--what\'s\n"this"?\n']);
    await page.goto(`${address}/monitor/runs/${run}`);
    expect((await savedAndRun()).stdout.trim()).toBe("You said it.");
    expect(await newest()).toMatchObject({ session: "talk", input: { text: '--what\'s\n"this"?\n' } });
  });

  it("should be offered before anything is asked, with the files that were chosen", async () => {
    await page.goto(`${address}/monitor/chat?flow=run&code=`);
    await page.locator("form textarea").fill("print(open('added.txt').read())");
    await page.getByLabel("Files", { exact: true }).setInputFiles({
      ...{ name: "added.txt", mimeType: "text/plain", buffer: Buffer.from("from the page") },
    });
    await page.getByText("added.txt", { exact: true }).waitFor();
    expect((await savedAndRun()).stdout).toBe("from the page\n");
  });
});
