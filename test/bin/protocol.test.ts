import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromMarkdown } from "mdast-util-from-markdown";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Protocol } from "../../bin/chat/protocol.ts";
import { eventsOf, zero } from "./fake-run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Drafts = Parameters<typeof eventsOf>;
const exit = {
  status: "exited",
  exitCode: 0,
  signal: null,
  stateLost: false,
  wallMs: 1,
  cpuMs: 1,
  peakBytes: 1,
} as const;
const asked = (text: string): Drafts[number] => ["run-start", { flow: "chat", session: "s", input: { text } }];
const program = (code: string, printed: string, end: object = {}): Drafts => [
  ["exec-start", { language: "python", code }],
  ["exec-stdout", { text: printed, offset: 0 }],
  ["exec-end", { ...exit, ...end }],
];

async function saved(...turns: Drafts[]): Promise<string> {
  const protocol = new Protocol();
  for (const drafts of turns) {
    protocol.begin();
    for (const event of eventsOf(...drafts)) protocol.observe(event);
  }
  const file = join(folder, "talk.md");
  await protocol.save(file);
  return readFileSync(file, "utf8");
}

/** What a reader of Markdown sees: the kinds of blocks, and the content of fences. */
function blocks(text: string): string[] {
  return fromMarkdown(text).children.map((node) => (node.type === "code" ? `code ${node.value}` : node.type));
}

describe("a conversation that is saved", () => {
  it.each([
    "# no heading\n",
    "```\nno end of it\n",
    "a\n````python\nb\n````\n",
    "| a | b |\n|---|---|\n",
    "- item\n\n> quoted\n<b>html</b>\n",
    "~~~\n",
  ])("should keep what a program printed in one fence: %j", async (printed) => {
    const text = await saved([asked("go"), ...program("print(...)", printed)]);
    expect(blocks(text)).toEqual(["heading", "code print(...)", `code ${printed.trimEnd()}`]);
  });

  it("should leave colours away, and what a progress bar wrote over", async () => {
    const text = await saved([asked("go"), ...program("x", "10%\r50%\r\u001b[32mdone\u001b[0m\r\n")]);
    expect(text).toContain("```text\ndone");
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("10%");
  });

  it("should say how a program failed, by its error or its exit code", async () => {
    const error = { name: "ValueError", message: "no *stars*" };
    const text = await saved(
      [asked("one"), ...program("x", "", { exitCode: 1, error })],
      [asked("two"), ...program("x", "", { exitCode: 3 })],
      [asked("three"), ...program("x", "", { status: "oom", exitCode: null })],
    );
    expect(text).toContain("**ValueError**: no \\*stars\\*\n");
    expect(text).toContain("**exit code 3**\n");
    expect(text).toContain("**oom**\n");
  });

  it("should mark an answer that is not whole", async () => {
    const end = { status: "cancelled", ...zero } as const;
    const text = await saved([asked("go"), ["text-delta", { text: "the beg" }], ["run-end", end]]);
    expect(text).toBe("## go\n\nthe beg\n\n**cancelled**: the answer above is not whole\n");
  });

  it("should have a question of several lines as a heading and a quotation", async () => {
    expect(await saved([asked("Fix *this*:\nimport x\nx()"), ["text-delta", { text: "Done." }]])).toBe(
      "## Fix \\*this\\*:\n\n> import x  \n> x()\n\nDone.\n",
    );
  });
});
