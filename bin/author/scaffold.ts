import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, join, resolve } from "node:path";
import { type PluginKind, type PluginManifest, SluiceError } from "../../core/contract/index.ts";
import { makeFolder, parseJsonObject } from "../../core/kit/index.ts";
import { optionRows } from "../plan/option-rows.ts";
import { guideFiles } from "./guide.ts";

export interface ScaffoldOptions {
  /** The folder; its name is the plugin's. */
  readonly folder: string;
  readonly kind: PluginKind;
  readonly language: "ts" | "js";
  readonly version: string;
}

const nameRule = /^[a-z0-9][a-z0-9._-]*$/;

/**
 * Writes a package whose tests pass at once. Returns the files, relative to the folder.
 * @throws SluiceError SLUICE_USAGE for a folder that has files, and for a name that npm would refuse
 */
export function scaffold({ folder, kind, language, version }: ScaffoldOptions): readonly string[] {
  const target = resolve(folder);
  const name = basename(target);
  if (!nameRule.test(name)) {
    throw new SluiceError("SLUICE_USAGE", `\`${name}\` is no name for a plugin`, {
      cure: "Use small letters, digits, points, dashes and underscores, and begin with a letter or digit.",
    });
  }
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new SluiceError("SLUICE_USAGE", `${folder} has files already`, {
      cure: "Name a folder that is not there yet.",
    });
  }
  const guide = guideFiles(kind);
  const manifest = { ...parseJsonObject(guide.get("plugin.json") ?? "{}"), name } as unknown as PluginManifest;
  const files = new Map([
    ["package.json", json(packageOf({ name, manifest, language, version }))],
    ["plugin.json", json(manifest)],
    [`index.${language}`, inLanguage(guide.get("index.ts") ?? "", language)],
    [`index.test.${language}`, inLanguage(guide.get("index.test.ts") ?? "", language)],
    ["sluice.yaml", guide.get("sluice.yaml") ?? ""],
    ["README.md", readmeOf(manifest)],
    ["LICENSE", "Put the text of your licence here; package.json names it.\n"],
    [".gitignore", "node_modules/\n*.tgz\n"],
    ...(language === "ts" ? ([["tsconfig.json", json(compiler)]] as const) : []),
  ]);
  makeFolder(target);
  for (const [path, text] of files) writeFileSync(join(target, path), text, { flag: "wx" });
  return [...files.keys()];
}

/** Node strips types but not in `node_modules`: what is published is compiled, and the sources run as they are here. */
const compiler = {
  compilerOptions: {
    ...{ target: "es2024", lib: ["es2024", "esnext.disposable"], module: "nodenext", strict: true },
    ...{ erasableSyntaxOnly: true, verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true },
    ...{ declaration: true, types: ["node"] },
  },
  include: ["index.ts"],
};

function packageOf(options: {
  readonly name: string;
  readonly manifest: PluginManifest;
  readonly language: "ts" | "js";
  readonly version: string;
}): object {
  const { name, manifest, language, version } = options;
  const isCompiled = language === "ts";
  const removal = "fs.rmSync('index.js', { force: true }), fs.rmSync('index.d.ts', { force: true })";
  return {
    ...{ name, version: "0.1.0", description: manifest.description, license: "UNLICENSED", type: "module" },
    keywords: ["sluicebox-plugin", `sluicebox-${manifest.kind}`],
    exports: { ".": "./index.js", "./plugin.json": "./plugin.json" },
    files: ["plugin.json", "index.js", ...(isCompiled ? ["index.d.ts"] : [])],
    scripts: {
      test: `node --test index.test.${language}`,
      check: "sluice plugins check .",
      dev: "sluice up --dev",
      ...(isCompiled ? { prepack: "tsc", postpack: `node -e "${removal}"` } : {}),
    },
    peerDependencies: { sluicebox: `^${version}`, rxjs: "^7.8.0" },
    devDependencies: isCompiled ? { "@types/node": "^24.0.0", typescript: ">=5.7" } : {},
    engines: { node: ">=24" },
  };
}

function readmeOf(manifest: PluginManifest): string {
  const rows = optionRows(manifest.config).map(([name, fallback, does]) => `| \`${name}\` | ${fallback} | ${does} |`);
  return `# ${manifest.name}

${manifest.description}

| option | default | what it is |
|---|---|---|
${rows.join("\n")}

\`npm test\` runs its tests, \`sluice plugins check .\` grades it, and \`sluice up\` in this folder tries it.
`;
}

/** JavaScript is the TypeScript of the guide without its types, and without the room that they took. */
function inLanguage(code: string, language: "ts" | "js"): string {
  if (language === "ts") return code;
  const bare = code
    .replaceAll("index.ts", "index.js")
    .replaceAll(/\btype \w+,\s+|,\s*type \w+/g, "")
    .replaceAll("readonly ", "")
    .replaceAll(" as const", "");
  const lines = withoutTypes(bare).split("\n").map(tidy);
  const text = lines.join("\n").replace(/\n{3,}/g, "\n\n");
  return `${text.replace(/,(\s*)\} from/g, (_, space: string) => (space.includes("\n") ? `,${space}} from` : `${space}} from`)).trim()}\n`;
}

/** Node warns that what it does here may change, and its own commands do the same without a word. */
function withoutTypes(code: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(code);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function tidy(line: string): string {
  const [, indent = "", rest = ""] = /^(\s*)(.*?)\s*$/.exec(line) ?? [];
  if (rest === "") return "";
  return (
    indent +
    rest
      .replace(/ {2,}/g, " ")
      .replace(/ ([),;])/g, "$1")
      .replace(/(?<=definePlugin|new \w+) +\(/g, "(")
  );
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
