import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

const root = resolve(import.meta.dirname, "../..");
const kinds = ["model", "sandbox", "stage", "transport", "sink", "store", "service"];

let place: Place;
beforeAll(() => {
  place = new Place("version: 1\n");
  mkdirSync(join(place.folder, "node_modules"));
  for (const [name, target] of [
    ["sluicebox", "."],
    ["rxjs", "node_modules/rxjs"],
    ["@types", "node_modules/@types"],
  ])
    symlinkSync(join(root, target ?? ""), join(place.folder, "node_modules", name ?? ""));
});
afterAll(() => place[Symbol.asyncDispose]());

describe.each(kinds.flatMap((kind) => ["ts", "js"].map((lang) => [kind, lang] as const)))(
  "a new %s in %s",
  (kind, lang) => {
    const name = `my-${kind}-${lang}`;

    it("should pass its tests and its check as it is written", async () => {
      const made = await place.run(["plugins", "new", name, "--kind", kind, "--lang", lang]);
      expect(made).toMatchObject({
        code: 0,
        stderr: `next: cd ${name}, npm install, npm test, sluice plugins check .\n`,
      });
      const folder = join(place.folder, name);
      const tests = spawnSync(process.execPath, ["--test", `index.test.${lang}`], {
        ...{ cwd: folder, encoding: "utf8", timeout: 60_000 },
        env: { ...process.env, NODE_OPTIONS: "", NODE_TEST_CONTEXT: undefined },
      });
      expect(`${tests.stdout}${tests.stderr}`).toMatch(/fail 0/);
      const checked = await place.run(["plugins", "check", name]);
      expect(checked.stdout).toMatch(/ok, 0 problems, 1 notice\n$/);
    });

    it("should compile strictly, and be written as somebody would write it", () => {
      const folder = join(place.folder, name);
      const code = readFileSync(join(folder, `index.${lang}`), "utf8");
      if (lang === "ts")
        execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--noEmit"], { stdio: "pipe" });
      else {
        expect(code).not.toMatch(/ {2,}\S.*\S {2,}|, \}|\binterface\b|\breadonly\b|: string/);
        // Nothing is left where types were: no blanks at the end of a line, no empty lines, no gap before a bracket.
        expect(code).not.toMatch(/[ \t]$|\n\n\n|definePlugin \(/m);
      }
    });
  },
);

describe("sluice plugins new", () => {
  it("should refuse a folder with files, a name that npm refuses, and a kind that is none", async () => {
    expect((await place.run(["plugins", "new", "my-sink-ts", "--kind", "sink"])).stderr).toContain("has files already");
    expect((await place.run(["plugins", "new", "My Sink", "--kind", "sink"])).stderr).toContain("no name for a plugin");
    expect((await place.run(["plugins", "new", "x", "--kind", "sinkk"])).stderr).toContain("model, sandbox, stage");
  });
});

describe("sluice plugins check", () => {
  const change = (file: string, change: (text: string) => string) => {
    const path = join(place.folder, "faulty", file);
    writeFileSync(path, change(readFileSync(path, "utf8")));
  };

  it("should name each thing that is wrong, with its cure, and exit 78", async () => {
    await place.run(["plugins", "new", "faulty", "--kind", "stage", "--lang", "js"]);
    change("plugin.json", (text) => text.replace('"The word that is replaced."', '""'));
    change("package.json", (text) => text.replace('"sluicebox-plugin",', ""));
    change("README.md", () => "# faulty\n\n`word`\n");
    change("index.js", (text) =>
      text.replace("events.pipe(map(replaced))", "undefined").replace("export", "// PLUGIN_FAULTY_X\nexport"),
    );
    const { stdout, code } = await place.run(["plugins", "check", "faulty"]);
    expect(code).toBe(78);
    expect(stdout).toContain("`word` has no description");
    expect(stdout).toContain("no keyword `sluicebox-plugin`");
    expect(stdout).toContain("it says nothing of the option `by`");
    expect(stdout).toContain("PLUGIN_FAULTY_X is thrown, and not declared");
    expect(stdout).toContain("should return a stream that ends with the one before it");
    expect(stdout).toMatch(/problems, 1 notice\n$/);
  });

  it("should say what it cannot read", async () => {
    expect((await place.run(["plugins", "check", "nowhere"])).stdout).toMatch(/problem {2}manifest: .*nowhere/);
    change("index.js", (text) => `${text}\n(`);
    expect((await place.run(["plugins", "check", "faulty"])).stdout).toMatch(/problem {2}module: .*index\.js:\d+/);
  });
});

describe("sluice plugins search", () => {
  it("should ask the registry by keyword, and tell what it cannot tell", async () => {
    const asked: string[] = [];
    const found = {
      name: "sluice-\u001b[2Kslack",
      version: "1.2.3",
      description: "To Slack.",
      date: "2026-05-01T00:00:00Z",
    };
    const registry = createServer((request, response) => {
      asked.push(request.url ?? "");
      const [, kind] = /^\/(\w+)/.exec(request.url ?? "") ?? [];
      if (kind === "broken") response.writeHead(500).end();
      else if (kind === "odd") response.end("[1]");
      else if (kind === "endless") response.end("x".repeat(5_000_000));
      else response.end(JSON.stringify({ objects: [{ package: found }, { package: { version: "1" } }, 3] }));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => registry.once("listening", resolve));
    const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
    const search = (path: string, ...words: string[]) =>
      place.run(["plugins", "search", "--registry", `${url}/${path}`, ...words]);
    try {
      const good = await search("npm", "slack", "--kind", "sink");
      expect(good.stdout).toMatch(/sluice-.*slack +1\.2\.3 +2026-05-01 +To Slack\./);
      expect(good.stdout).not.toContain("\u001b[2K");
      expect(asked[0]).toMatch(
        /^\/npm\/-\/v1\/search\?text=keywords%3Asluicebox-plugin\+slack\+keywords%3Asluicebox-sink&size=20$/,
      );
      for (const [path, reason] of [
        ["broken", "it answered 500"],
        ["odd", "that is not an object"],
        ["endless", "larger than"],
      ] as const) {
        const bad = await search(path);
        expect(bad.code).toBe(69);
        expect(bad.stderr).toContain(reason);
      }
    } finally {
      registry.close();
    }
    expect((await search("npm")).stderr).toContain("SLUICE_REGISTRY_UNAVAILABLE");
  });
});
