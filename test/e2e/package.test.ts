import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const execute = promisify(execFile);

/** An empty folder somewhere else, with a home of its own and no Node but the one that runs this. */
const folder = mkdtempSync(join(tmpdir(), "sluice-package-"));
const env = {
  PATH: `${process.execPath.replace(/\/node$/, "")}:${process.env["PATH"]}`,
  HOME: folder,
  SLUICE_HOME: join(folder, "home"),
  NO_COLOR: "1",
  npm_config_cache: process.env["npm_config_cache"] ?? join(process.env["HOME"] ?? folder, ".npm"),
};

/** Names of packages behind `from`, `import` and `import()`. */
const imported = /^(?:import|export) (?:[^;\n"]* from )?"([^."][^"]*)";?$|import\("([^."][^"]*)"\)/gm;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** Loaded only where they are there: what they add is asked for by those who install them. */
const optional = ["node-llama-cpp", "typescript", "bufferutil", "utf-8-validate", "supports-color", "encoding"];
/** What declarations name that no entry leads to. */
const typesAlone = ["undici", "yaml", "ajv"];
/** Read by path and not by import: what the sandbox's image takes along, the types of what is exported, a plugin's helpers. */
const byPath = ["acorn", "eslint-scope", "esrecurse", "estraverse", "@types/json-schema", "@oxc-project/runtime"];

let packed: Packed;

/** Fails with all that the command said. */
async function run(file: string, args: readonly string[], cwd = folder, timeout = 0): Promise<string> {
  const { stdout } = await execute(file, args, { cwd, env, maxBuffer: 64 << 20, timeout });
  return stdout;
}

/** npm has been seen to wait for the registry without end. What it fetched until then is kept, and asked for no more. */
async function install(args: readonly string[]): Promise<void> {
  for (let left = 3; left > 0; left -= 1) {
    const error = await run("npm", ["install", ...args], folder, 150_000).then(
      () => undefined,
      (failure: Error & { killed?: boolean }) => failure,
    );
    if (error === undefined) return;
    if (!error.killed || left === 1) throw error;
  }
}

beforeAll(async () => {
  const told = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], root);
  [packed] = JSON.parse(told);
  writeFileSync(join(folder, "package.json"), `{ "private": true }`);
  // A connection that says nothing more is given up long before npm would.
  const patient = ["--fetch-timeout=60000", "--fetch-retries=5"];
  const quiet = [...patient, "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  await install([...quiet, `./${packed.filename}`]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package as npm packs it", () => {
  it("should have what is needed and no more", () => {
    const paths = packed.files.map(({ path }) => path);
    for (const needed of [
      ...["LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "oclif.manifest.json", "bin/run.js", "docs/errors.md"],
      ...["dist/LICENSES.txt", "dist/bom.json", "dist/sluice.1", "dist/core/index.d.ts", "dist/profiles/default.yaml"],
      ...["dist/plugins/web-monitor/public/LICENSES.txt", "dist/plugins/web-monitor/public/bom.json"],
      "dist/schema/profile.schema.json",
    ]) {
      expect(paths).toContain(needed);
    }
    const needless =
      /(?<!\.d)\.tsx?$|\.test\.|\.map$|\.png$|^(test|core|plugins|schema|var)\/|^dist\/(bin|plugins)\/.*\.d\.ts$/;
    expect(paths.filter((path) => needless.test(path) && !path.endsWith("fixture.ts"))).toEqual([]);
    // The front page of the site is nothing to read by itself.
    expect(paths).not.toContain("docs/index.md");
    expect(packed.size).toBeLessThan(5 << 20);
  });

  it("should have these files and folders at its top, and no others", () => {
    const under = (depth: number, paths: readonly string[]) =>
      [...new Set(paths.map((path) => path.split("/").slice(0, depth).join("/")))].sort();
    const paths = packed.files.map(({ path }) => path);
    const texts = ["CHANGELOG.md", "LICENSE", "README.md", "README.zh-CN.md", "SECURITY.md"];
    expect(under(1, paths)).toEqual([...texts, "bin", "dist", "docs", "oclif.manifest.json", "package.json"]);
    expect(
      under(
        2,
        paths.filter((path) => /^(bin|dist)\//.test(path)),
      ),
    ).toEqual([
      ...["bin/deploy", "bin/run.js", "dist/LICENSES.txt", "dist/bin", "dist/bom.installed.json", "dist/bom.json"],
      ...[
        "dist/chunks",
        "dist/core",
        "dist/package.json",
        "dist/plugins",
        "dist/profiles",
        "dist/schema",
        "dist/sluice.1",
      ],
    ]);
  });

  it("should depend on what its files import, and on nothing else", () => {
    const dist = join(folder, "node_modules/sluicebox/dist");
    const found = new Set<string>();
    for (const path of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
      if (!/\.(js|d\.ts)$/.test(path) || /^plugins\/[^/]+\/(image|public)\//.test(path)) continue;
      const text = readFileSync(join(dist, path), "utf8");
      for (const [, fixed, loaded] of text.matchAll(imported)) {
        const name = fixed ?? loaded ?? "";
        found.add(name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
      }
    }
    const own = Object.keys(manifest.dependencies);
    expect(own.filter((name) => !found.has(name) && !byPath.includes(name))).toEqual([]);
    const missing = [...found].filter(
      (name) => !own.includes(name) && !builtinModules.includes(name) && !name.startsWith("node:"),
    );
    expect(missing.filter((name) => !optional.includes(name) && !typesAlone.includes(name))).toEqual([]);
  });

  it("should install few packages, none of which runs code of its own", () => {
    const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
    const installed = Object.entries(packages as Record<string, { hasInstallScript?: boolean }>).filter(
      ([path]) => path !== "" && existsSync(join(folder, path)),
    );
    expect(installed.length).toBeLessThan(25);
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });

  it("should say where it comes from when it is published", () => {
    expect(manifest).toMatchObject({ publishConfig: { provenance: true, access: "public" }, license: "Apache-2.0" });
  });
});

describe("in an empty folder", () => {
  it("should run code, as the guide says, and check what stands there", async () => {
    expect(await run("npx", ["--no-install", "sluicebox", "run", "-e", "print(6 * 7)"])).toBe("42\n");
    writeFileSync(
      join(folder, "sluice.yaml"),
      "version: 1\nplugins: { box: { use: docker-sandbox }, wire: { use: websocket } }\nflows: { run: box }\n",
    );
    expect(await run("npx", ["--no-install", "sluice", "check"])).toContain("ok, 2 instances");
  });

  it("should serve, and take runs from other commands, until it is told to stop", async () => {
    const command = join(folder, "node_modules/.bin/sluice");
    const host: ChildProcess = spawn(command, ["up", "--json", "--listen", "127.0.0.1:0"], { cwd: folder, env });
    const ended = new Promise((resolve) => host.once("exit", resolve));
    try {
      for await (const line of createInterface({ input: host.stdout ?? process.stdin })) {
        if (line.includes(`"host-ready"`)) break;
      }
      expect(await run(command, ["run", "--session", "mine", "-e", "x = 41"])).toBe("");
      expect(await run(command, ["run", "--session", "mine", "-e", "print(x + 1)"])).toBe("42\n");
    } finally {
      host.kill("SIGTERM");
    }
    expect(await ended).toBe(0);
  });

  it("should type-check strictly, its declarations included", async () => {
    const entries = ["sluicebox", "sluicebox/contract", "sluicebox/kit", "sluicebox/client", "sluicebox/testing"];
    const imports = entries.map(
      (entry, index) => `import * as entry${index} from "${entry}";\nconsole.log(entry${index});`,
    );
    writeFileSync(join(folder, "entries.mts"), `${imports.join("\n")}\n`);
    const types = join(root, "node_modules/@types");
    const strict = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024"];
    await run(join(root, "node_modules/.bin/tsc"), [...strict, "--types", "node", "--typeRoots", types, "entries.mts"]);
  });

  it("should come with a manual page that says nothing wrong to troff", async () => {
    const page = readFileSync(join(folder, "node_modules/sluicebox/dist/sluice.1"), "utf8");
    for (const command of ["run", "up", "models pull", "sandbox build"]) expect(page).toContain(`"sluice ${command}`);
    expect(page).not.toMatch(/<%|undefined/);
    const groff = await execute("groff", ["-man", "-ww", "-z", join(root, "dist/sluice.1")]).catch(
      (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? { stderr: "" } : Promise.reject(error)),
    );
    expect(groff.stderr).toBe("");
  });

  it.each(["sluice.service", "sluice-gate.service"])("should come with a unit that systemd takes: %s", async (name) => {
    const unit = readFileSync(join(root, "bin/deploy", name), "utf8");
    expect(unit).toMatch(/^NoNewPrivileges=yes$/m);
    // Where the command is, and whether the manual is installed, differs between machines.
    const here = unit.replaceAll("/usr/bin/sluice", "/bin/true").replace(/^(Documentation|Requires)=.*\n/gm, "");
    writeFileSync(join(folder, name), here);
    const verdict = await execute("systemd-analyze", ["verify", join(folder, name)]).catch(
      (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? { stderr: "" } : Promise.reject(error)),
    );
    expect(verdict.stderr).toBe("");
  });

  it("should complete commands, flags and values in bash", async () => {
    const script = `
      source <(node_modules/.bin/sluice completion bash)
      for line in "sluice mo" "sluice models p" "sluice run --js" "sluice check --format "; do
        COMP_WORDS=($line); [[ $line == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _sluice; echo "\${COMPREPLY[*]}"
      done`;
    expect((await run("bash", ["-c", script])).split("\n")).toEqual([
      "models monitor",
      "pull",
      "--json",
      "text json github",
      "",
    ]);
  });
});
