import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { type Block, blocksOf } from "./docs-kit.ts";

const root = resolve(import.meta.dirname, "../..");
const under = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith(".md"));
const pages = [
  ...["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...under("docs"),
  ...under("plugins").filter((path) => /^plugins\/[^/]+\/README\.md$/.test(path)),
];

interface Command {
  readonly flags: Readonly<Record<string, { readonly char?: string; readonly allowNo?: boolean }>>;
}
const { commands } = createRequire(import.meta.url)(join(root, "oclif.manifest.json")) as {
  commands: Readonly<Record<string, Command>>;
};
const scripts: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;

/** What a shell is given: of a console only what is typed. */
function typed({ language, text }: Block): string | undefined {
  if (language === "sh") return text;
  if (language === "console") return [...text.matchAll(/^\$ (.*)$/gm)].map(([, line]) => line).join("\n");
  return undefined;
}

/** What is wrong with a block, by its language. */
function faultOf(block: Block): string | undefined {
  const { language, text } = block;
  try {
    if (language === "json") JSON.parse(text);
    if (language === "yaml") {
      for (const document of parseAllDocuments(text)) {
        const [error] = document.errors;
        if (error !== undefined) return error.message;
      }
    }
    if (/^(js|mjs|ts|tsx)$/.test(language)) return parseSync(`block.${language}`, text).errors[0]?.message;
    const shell = typed(block);
    if (shell !== undefined) execFileSync("bash", ["-n"], { input: shell, stdio: ["pipe", "ignore", "pipe"] });
  } catch (error) {
    return String(error);
  }
  return undefined;
}

/** Commands and flags of `sluice`, and scripts of npm, that a text names and that are not there. */
function strangers(text: string): string[] {
  const found: string[] = [];
  // The user has the command's name.
  const said = text.replace(/^useradd .*$/gm, "");
  for (const [, line = ""] of said.matchAll(
    /(?:^|[\s;&|(`$])sluice((?: +(?:"[^"\n]*"|'[^'\n]*'|[^\s;&|()`"'#<>]+))+)/g,
  )) {
    const words = line.trim().split(/ +/);
    // A name in capitals or brackets stands for any; a flag alone is one of the command itself.
    const named = words.filter(
      (word, index) =>
        /^[a-z][a-z-]*$/.test(word) && !words.slice(0, index).some((each) => !/^[a-z][a-z-]*$/.test(each)),
    );
    const id = [named.slice(0, 2).join(":"), named[0] ?? ""].find((each) => commands[each] !== undefined);
    if (id === undefined) {
      // A topic alone does nothing but list its commands.
      if (named.length > 0 && named[0] !== "help") found.push(`sluice ${line.trim()}`);
      continue;
    }
    const known = new Set(
      Object.entries(commands[id]?.flags ?? {}).flatMap(([name, { char }]) => [
        `--${name}`,
        `--no-${name}`,
        `-${char}`,
      ]),
    );
    const flags = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/=.*$/, ""));
    found.push(...flags.filter((flag) => !known.has(flag) && flag !== "--help").map((flag) => `sluice ${id} ${flag}`));
  }
  for (const [, name = ""] of text.matchAll(/npm run ([a-z][\w:-]*)/g))
    if (scripts[name] === undefined) found.push(`npm run ${name}`);
  return found;
}

describe.each(pages)("the code of %s", (page) => {
  const blocks = blocksOf(page);
  it("should be of the language that it says", () => {
    const faults = blocks.flatMap((block) => {
      const fault = faultOf(block);
      return fault === undefined ? [] : [`line ${block.line}, ${block.language}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });

  it("should name commands, flags and scripts that are there", () => {
    const prose = readFileSync(join(root, page), "utf8").replace(/^```[\s\S]*?^```$/gm, "");
    const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? "");
    const given = [...blocks.flatMap((block) => typed(block) ?? []), ...inline];
    expect(given.flatMap(strangers)).toEqual([]);
  });
});

describe("these checks", () => {
  const block = (language: string, text: string): Block => ({ language, text, name: "", line: 1 });
  it.each([
    ["json", "{ a }"],
    ["yaml", "a: [b"],
    ["ts", "const a: = 1;"],
    ["sh", "if true; then"],
    ["console", "$ echo 'a\n"],
  ])("should find what is no %s", (language, text) => {
    expect(faultOf(block(language, text))).toBeDefined();
  });

  it.each([
    "sluice rnu -e 1",
    "sluice run --tiemout 2s",
    "npm run nonsense",
    "cd a && sluice chekc",
    "sluice sessions",
  ])("should find what is not there: %s", (text) => expect(strangers(text)).toHaveLength(1));
});
