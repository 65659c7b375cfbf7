import { existsSync, readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "rolldown";
import { installed } from "./bin/installed.ts";
import { supply } from "./bin/supply.ts";

/**
 * Puts the code and the packages it uses into a few files: reading several hundred small ones takes longer than a
 * container needs to start. Types are made by tsc beside it.
 *
 * What stays outside: decorators' own packages, since a plugin's copy must be the same one; native packages; and what a
 * user installs on demand.
 */
const entries = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file}`);

const plugins = readdirSync("plugins", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `plugins/${entry.name}/index.ts`)
  .filter((file) => existsSync(file));

const files = [
  "core/index.ts",
  "core/contract/index.ts",
  "core/kit/index.ts",
  "core/kit/results/result-worker.ts",
  "core/plugin/guard/watchdog-worker.ts",
  "core/plugin/worker/watch-thread.ts",
  "core/plugin/worker/worker.ts",
  "core/client/index.ts",
  "core/testing/index.ts",
  "bin/main.ts",
  "bin/manifest.ts",
  ...entries("bin/commands"),
  ...plugins,
];

/**
 * Packages that dockerode loads whatever the engine's address is, although only `ssh://` engines and BuildKit sessions
 * need them. They are loaded at their first use.
 */
const onDemand: Readonly<Record<string, readonly string[]>> = {
  ssh2: ["Client"],
  "@grpc/grpc-js": ["Server", "ServerCredentials", "loadPackageDefinition"],
  "@grpc/proto-loader": ["loadSync"],
  protobufjs: ["loadSync"],
};

/** A module whose exports stand for the package's own, which is loaded when one of them is used. */
function standIn(name: string, exported: readonly string[]): string {
  return [
    `import { createRequire } from "node:module";`,
    `const load = () => createRequire(import.meta.url)(${JSON.stringify(name)});`,
    ...exported.map(
      (each) => `export const ${each} = new Proxy(function () {}, {
        apply: (_, self, args) => load().${each}(...args),
        construct: (_, args) => new (load().${each})(...args),
        get: (_, key) => load().${each}[key],
      });`,
    ),
  ].join("\n");
}

const loadOnDemand: Plugin = {
  name: "load-on-demand",
  resolveId(source, importer) {
    const wanted = source in onDemand && /node_modules.(dockerode|docker-modem)./.test(importer ?? "");
    return wanted ? `\0on-demand:${source}.mjs` : undefined;
  },
  load(id) {
    const name = /^\0on-demand:(.+)\.mjs$/.exec(id)?.[1];
    return name === undefined ? undefined : standIn(name, onDemand[name] ?? []);
  },
};

/** Words of commands are plain: to order them as a language would takes Node 10 ms of each start. */
const plainOrder: Plugin = {
  name: "plain-order",
  transform(code, id) {
    if (!/@oclif.core.lib.config.plugin\.js$/.test(id)) return undefined;
    const plain = code.replace("a.id.localeCompare(b.id)", "(a.id < b.id ? -1 : 1)");
    if (plain === code) this.error("@oclif/core orders its commands in another way now");
    return plain;
  },
};

/**
 * An `import` of these asks each of their exports for its value, and some load a library for it. In Node 24, `node:http`
 * takes 19 ms in that way, and 2 without it.
 */
const lazy = ["http", "process", "crypto", "util"];

const withoutAsking: Plugin = {
  name: "without-asking",
  resolveId(source) {
    const name = source.replace(/^node:/, "");
    return lazy.includes(name) ? `\0builtin:${name}.cjs` : undefined;
  },
  load(id) {
    const name = /^\0builtin:(.+)\.cjs$/.exec(id)?.[1];
    return name === undefined ? undefined : `module.exports = process.getBuiltinModule("node:${name}");`;
  },
};

export default defineConfig({
  input: Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ""), file])),
  platform: "node",
  external: ["tsyringe", "reflect-metadata", "oxc-transform", "node-llama-cpp", "typescript"],
  plugins: [
    loadOnDemand,
    plainOrder,
    withoutAsking,
    ...supply(),
    installed(JSON.parse(readFileSync("package-lock.json", "utf8"))),
  ],
  treeshake: true,
  // What names a package that is not there would fail when it is used.
  onLog: (level, log, tell) => tell(log.code === "UNRESOLVED_IMPORT" ? "error" : level, log),
  // How long plugins take is no news to whoever builds.
  checks: { pluginTimings: false },
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    minify: false,
  },
});
