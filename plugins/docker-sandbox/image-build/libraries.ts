import { hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { SluiceError } from "../../../core/contract/index.ts";
import { parseJsonObject } from "../../../core/kit/index.ts";
import type { TarEntry } from "./tar.ts";

/** One thing that we put into the image and did not write. */
export interface LibraryGroup {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly sha256: string;
}

/** What reads JavaScript cells. */
const NAMES = ["acorn", "eslint-scope", "esrecurse", "estraverse"];
/** Of a package: what runs under `require`, what describes it, and its licence. */
const WANTED = /^(package\.json|LICENSE[^/]*|README\.md|[\w-]+\.js|dist\/[\w-]+\.c?js)$/;

/** The packages as they are published, where `require` of the harness finds them. */
export function readLibraries(): { readonly files: readonly TarEntry[]; readonly parts: readonly LibraryGroup[] } {
  const libraries = NAMES.map((name) => readLibrary(name));
  return { files: libraries.flatMap(({ files }) => files), parts: libraries.map(({ part }) => part) };
}

function readLibrary(name: string): { readonly files: readonly TarEntry[]; readonly part: LibraryGroup } {
  const folder = findFolder(name);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => WANTED.test(file));
  const files = names.sort().map((file) => ({
    path: `opt/javascript/node_modules/${name}/${file}`,
    content: readFileSync(path.join(folder, file)),
  }));
  const described = parseJsonObject(readFileSync(path.join(folder, "package.json")), { from: name });
  const { version, license } = described as unknown as LibraryGroup;
  return {
    files,
    part: { name, version, license, sha256: hash("sha256", Buffer.concat(files.map((f) => f.content))) },
  };
}

/** Not every package lets its own description be resolved. */
function findFolder(name: string): string {
  const { resolve } = createRequire(import.meta.url);
  try {
    const entry = resolve(name);
    const end = `${path.sep}node_modules${path.sep}${name}${path.sep}`;
    return entry.slice(0, entry.lastIndexOf(end) + end.length);
  } catch (cause) {
    const message = `the package ${name}, which goes into the sandbox image, is not installed: run \`npm install\` again`;
    throw new SluiceError("SLUICE_SANDBOX_BUILD_FAILED", message, { cause });
  }
}

/** A list of them as CycloneDX has it. Packages of Debian are in the image's own database. */
export function billOf(parts: readonly LibraryGroup[]): string {
  const components = parts.map(({ name, version, license, sha256 }) => ({
    type: name === "node" ? "application" : "library",
    name,
    version,
    purl: name === "node" ? `pkg:generic/node@${version}` : `pkg:npm/${name}@${version}`,
    licenses: [{ license: { id: license } }],
    hashes: [{ alg: "SHA-256", content: sha256 }],
  }));
  return `${JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1, components }, null, 2)}\n`;
}
