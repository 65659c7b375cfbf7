import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Command, type Config, Parser } from "@oclif/core";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const folder = join(root, "bin/commands");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** The words of a line that begins with `sluice`, or has it behind a pipe; up to the next pipe, redirection or `--`. */
function wordsOf(line: string): string[] | undefined {
  const [, own] = /(?:^|\| )<%= config\.bin %> (.*)$/.exec(line) ?? [];
  const words = own?.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  // What stands behind -- is the program's.
  const end = words.findIndex((word) => ["|", ">", "--"].includes(word));
  const quoted = end === -1 ? words : words.slice(0, end);
  return own === undefined ? undefined : quoted.map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}

/** The command that these words name, and what is left for it. */
async function commandOf(words: readonly string[]): Promise<[typeof Command, string[]]> {
  for (const count of [2, 1]) {
    const file = `${words.slice(0, count).join("/")}.ts`;
    if (!files.includes(file)) continue;
    const { default: command } = (await import(join(folder, file))) as { default: typeof Command };
    return [command, words.slice(count)];
  }
  throw new Error(`no command is called ${words.join(" ")}`);
}

describe.each(files.sort())("the help of %s", (file) => {
  it("should have examples, each of which some command takes", async () => {
    const { default: command } = (await import(join(folder, file))) as { default: typeof Command };
    const examples = (command.examples ?? []) as readonly string[];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const words = wordsOf(example);
      if (words === undefined) {
        // Such a line writes a file that another program reads.
        expect(example).toMatch(/^echo '.*<%= config\.bin %>.*' >>? \S+$/);
        continue;
      }
      const [named, rest] = await commandOf(words);
      const { args, flags, strict } = named;
      const context = { config: {} as Config, binaryName: "sluice" };
      const { flags: read } = await Parser.parse(rest, { args, flags, strict, context: context as never });
      expect(read, example).toBeTypeOf("object");
    }
  });
});
