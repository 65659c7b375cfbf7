import { posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** One import of a module, as far as the rules of the house care. */
export interface Import {
  readonly from: string;
  /** A path from the root of the repository, or the name of a package, or `node:...`. */
  readonly to: string;
  /** Erased when the types are stripped. */
  readonly typeOnly: boolean;
  /** Loaded when it is needed, so that it can be part of no cycle of loading. */
  readonly lazy: boolean;
}

export interface Module {
  readonly path: string;
  readonly imports: readonly Import[];
  /** Of `process.env`, `process.exit`, `console`, `JSON.parse` and a response's `json()`, those it touches. */
  readonly globals: readonly string[];
  /** What it takes of the file system, by name; `*` is all of it. */
  readonly fileCalls: readonly string[];
  /** What stands in it as a text by itself. */
  readonly texts: readonly string[];
}

/** Reads what a module imports, from its syntax and not from its text. */
export function readModule(path: string, source: string): Module {
  const { module, program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, lazy = false) =>
    imports.push({ from: path, to: resolve(path, specifier), typeOnly, lazy });
  const fileCalls = new Set<string>();
  for (const { start, moduleRequest, entries } of module.staticImports) {
    if (/^node:fs(\/promises)?$/.test(moduleRequest.value))
      for (const { importName, isType } of entries) if (!isType) fileCalls.add(importName.name ?? "*");
    add(moduleRequest.value, /^import\s+type\b/.test(source.slice(start)));
  }
  for (const { start, entries } of module.staticExports) {
    const request = entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    if (request) add(request.value, /^export\s+type\b/.test(source.slice(start)));
  }
  const globals = new Set<string>();
  const texts = new Set<string>();
  new Visitor({
    ImportExpression(node) {
      // Only what is written out: a plugin's own path, read from a profile, is not known here.
      if (node.source.type === "Literal") add(String(node.source.value), false, true);
    },
    Literal(node) {
      if (typeof node.value === "string") texts.add(node.value);
    },
    TSImportType(node) {
      add(node.source.value, true);
    },
    CallExpression({ callee, arguments: given }) {
      const method =
        callee.type === "MemberExpression" && callee.property.type === "Identifier" && callee.property.name;
      if (method === "json" && given.length === 0) globals.add("json()");
    },
    MemberExpression(node) {
      if (node.object.type !== "Identifier") return;
      const property = node.property.type === "Identifier" ? node.property.name : "";
      if (node.object.name === "console") globals.add("console");
      if (node.object.name === "JSON" && property === "parse") globals.add("JSON.parse");
      if (node.object.name === "process" && /^(env|exit)$/.test(property)) globals.add(`process.${property}`);
    },
  }).visit(program);
  return { path, imports, globals: [...globals], fileCalls: [...fileCalls], texts: [...texts] };
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  if (specifier.startsWith("node:")) return specifier;
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
}
