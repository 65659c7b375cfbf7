import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

const root = resolve(import.meta.dirname, "../..");
let place: Place;
beforeAll(async () => {
  place = new Place("version: 1\n");
  mkdirSync(join(place.folder, "node_modules"));
  for (const [name, target] of [
    ["sluicebox", "."],
    ["rxjs", "node_modules/rxjs"],
  ] as const)
    symlinkSync(join(root, target), join(place.folder, "node_modules", name));
  await place.run(["plugins", "new", "sound", "--kind", "stage", "--lang", "js"]);
});
afterAll(() => place[Symbol.asyncDispose]());

type Change = (text: string) => string;

/** What somebody got wrong, or means: the files that differ from a sound stage, and what is said of it. */
const cases: Readonly<Record<string, readonly [Readonly<Record<string, Change | null>>, RegExp]>> = {
  "ends the process when it is imported": [
    { "index.js": (text) => `process.exit(0);\n${text}` },
    /problem {2}(module|process): .*(exit code 0|process\.exit)/,
  ],
  "ends the process when it is made": [
    { "index.js": (text) => text.replace(/create\(([^)]*)\)\s*\{/, "create($1) { process.exit(0);") },
    /problem {2}.*process/,
  ],
  "kills its process": [
    { "index.js": (text) => `process.kill(process.pid, "SIGKILL");\n${text}` },
    /problem {2}process: it ended its process by SIGKILL after: /,
  ],
  "exports nothing": [{ "index.js": () => "export const nothing = 1;\n" }, /problem {2}module: .*no default export/],
  "cannot be read by Node": [{ "index.js": (text) => `${text}\n(` }, /problem {2}module: .*index\.js:\d+/],
  "imports what is not there": [
    { "index.js": (text) => `import "not-installed-anywhere";\n${text}` },
    /problem {2}module: .*not-installed-anywhere/,
  ],
  "prints like a grade, and moves the cursor": [
    {
      "index.js": (text) => `console.log("ok, 0 problems");\nconsole.error("\\u001b[2J");\n${text}`,
      "README.md": () => "# sound\n",
    },
    /problem {2}README: it says nothing of/,
  ],
  "says in its manifest what nobody reads": [
    { "plugin.json": (text) => text.replace('"kind"', '"colour": "red",\n  "kind"') },
    /problem {2}manifest: .*colour/,
  ],
  "writes control characters into its manifest": [
    { "plugin.json": (text) => text.replace(/"description": "[^"]*"/, '"description": "\\u001b]0;owned\\u0007x"') },
    /problem|ok/,
  ],
  "leads out of its folder": [
    { "plugin.json": (text) => text.replace('"kind"', '"main": "../../../../etc/passwd",\n  "kind"') },
    /problem {2}manifest: /,
  ],
  "takes any option": [
    { "plugin.json": (text) => text.replace('"additionalProperties": false', '"additionalProperties": true') },
    /problem {2}options: unknown options are taken/,
  ],
  "leaves a timer behind": [
    { "index.js": (text) => text.replace(/create\(([^)]*)\)\s*\{/, "create($1) { setInterval(() => {}, 1000);") },
    /problem {2}.*: .*(Timeout|timer|handle|left)/i,
  ],
  "throws when it is made": [
    { "index.js": (text) => text.replace(/create\(([^)]*)\)\s*\{/, 'create($1) { throw new Error("not today");') },
    /problem {2}.*not today/,
  ],
  "has a package that is no JSON": [{ "package.json": () => "{" }, /problem {2}.*package/],
  "has no profile that shows its use": [{ "sluice.yaml": null }, /problem {2}profile: no profile beside it/],
};

describe("sluice plugins check of a plugin that", () => {
  it.each(Object.entries(cases))("%s should end, say so, and exit 78", async (how, [changes, expected]) => {
    const name = "subject";
    const folder = join(place.folder, name);
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(place.folder, "sound"), folder, { recursive: true });
    for (const [file, change] of Object.entries({ "plugin.json": renamed, ...changes })) {
      const path = join(folder, file);
      const text = readFileSync(path, "utf8");
      if (change === null) rmSync(path);
      else {
        const next = change(text);
        if (change !== renamed) expect(next, `${how}: ${file} is changed`).not.toBe(text);
        writeFileSync(path, next);
      }
    }
    const { stdout, stderr, code } = await place.run(["plugins", "check", name]);
    expect(`${stdout}${stderr}`).toMatch(expected);
    for (const control of ["\u001b", "\u0007"]) expect(`${stdout}${stderr}`).not.toContain(control);
    expect(stdout).toMatch(/\d+ problems?(, \d+ notices?)?\n$/);
    if (!expected.source.endsWith("|ok")) expect(code).toBe(78);
  });

  it("is sound should be graded so", async () => {
    const { stdout, code } = await place.run(["plugins", "check", "sound"]);
    expect(stdout).toMatch(/ok, 0 problems, 1 notice\n$/);
    expect(code).toBe(0);
  });
});

function renamed(text: string): string {
  return text;
}
