/**
 * What a registry has to hold for an installation of the package: its tarball, those that it depends on, and what npm
 * asks before it fetches any of them.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Packed {
  readonly filename: string;
  readonly integrity: string;
  readonly size: number;
}

interface LockEntry {
  readonly version: string;
  readonly integrity: string;
}

const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];

/** Packs what `names` say into `target`: packages of a registry, or this one by its folder. */
export function pack(names: readonly string[], target: string): Packed[] {
  const told = execFileSync("npm", ["pack", ...quiet, "--json", "--pack-destination", target, ...names], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return JSON.parse(told);
}

/** Fills `target` for an installation of the package in `root`. Resolves to what its own tarball is. */
export function fillRegistry(root: string, work: string, target: string): Packed {
  mkdirSync(target, { recursive: true });
  const [own] = pack([root], target);
  if (own === undefined) throw new Error("npm packed nothing");
  const scratch = join(work, "scratch");
  mkdirSync(scratch);
  writeFileSync(join(scratch, "package.json"), `{ "private": true }`);
  execFileSync("npm", ["install", ...quiet, join(target, own.filename)], { cwd: scratch, stdio: "inherit" });
  const { packages } = JSON.parse(readFileSync(join(scratch, "package-lock.json"), "utf8"));
  const entries = (Object.entries(packages) as [string, LockEntry][])
    .filter(([path]) => path !== "")
    .map(([path, entry]) => ({ path, entry, name: path.replace(/^.*node_modules\//, "") }));
  const others = entries.filter(({ name }) => name !== "sluicebox");
  // Binaries for other machines are known to npm, and not fetched.
  const fetched = others.filter(({ path }) => existsSync(join(scratch, path)));
  const ids = fetched.map(({ name, entry }) => `${name}@${entry.version}`);
  const files = new Map(pack(ids, target).map((packed) => [packed.integrity, packed.filename]));
  const packuments: Record<string, { name: string; versions: Record<string, object>; "dist-tags": object }> = {};
  const add = (name: string, manifest: LockEntry, dist: object): void => {
    const versions = { ...packuments[name]?.versions, [manifest.version]: { ...manifest, name, dist } };
    packuments[name] = { name, versions, "dist-tags": { latest: manifest.version } };
  };
  const at = (filename: string | undefined) => `http://127.0.0.1:4873/-/${filename ?? "not-there.tgz"}`;
  for (const { name, entry } of others) {
    add(name, entry, { integrity: entry.integrity, tarball: at(files.get(entry.integrity)) });
  }
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  add("sluicebox", manifest, { integrity: own.integrity, tarball: at(own.filename) });
  writeFileSync(join(target, "packuments.json"), JSON.stringify(packuments));
  return own;
}
