import { createHash, hash } from "node:crypto";
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { privateFolder, readPrivate, writePrivate } from "../../../core/kit/index.ts";
import type { TarEntry } from "./tar.ts";

/** A program of Linux that becomes the image's `node`. */
export interface NodeProgram {
  readonly file: string;
  readonly version: string;
}

const DEBIANS = "apt-get update && apt-get install -y --no-install-recommends nodejs && rm -rf /var/lib/apt/lists/*";

/** The Node of the package that the lock file pins, or the one that runs this; none where neither is for Linux. */
export function findNode(): NodeProgram | undefined {
  return pinned() ?? program(process.execPath, process.versions.node);
}

function pinned(): NodeProgram | undefined {
  try {
    const require = createRequire(import.meta.url);
    const { version } = require("node/package.json");
    return program(path.join(path.dirname(require.resolve("node/package.json")), "bin/node"), version);
  } catch {
    // The package is for development; users have a Node of their own.
    return undefined;
  }
}

function program(file: string, version: string): NodeProgram | undefined {
  try {
    return isForLinux(file) ? { file, version } : undefined;
  } catch {
    return undefined;
  }
}

function isForLinux(file: string): boolean {
  const start = Buffer.alloc(4);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, start);
  } finally {
    closeSync(descriptor);
  }
  return start.toString("latin1") === "\x7fELF";
}

/** Bytes of a program that are hashed in one turn of the event loop. */
const piece = 1024 * 1024;
/** Digests that this process knows, by what the kernel says of the file. */
const digests = new Map<string, string>();

/**
 * SHA-256 of the program. Reading 120 MB takes a third of a second, so `cache` keeps it for the file as it is: the kernel
 * sets the time of a change, and nobody can set it back. Who has others to serve calls `learnDigest` before.
 */
export function digestOf(program: NodeProgram, cache?: string): string {
  const name = nameOf(program);
  return keptDigest(name, cache) ?? keep(name, hash("sha256", readFileSync(program.file)), cache);
}

/** Reads the program piece by piece, so that others have their turns, where its digest is not known yet. */
export async function learnDigest(program: NodeProgram, cache?: string): Promise<void> {
  const name = nameOf(program);
  if (keptDigest(name, cache) !== undefined) return;
  const sum = createHash("sha256");
  for await (const chunk of createReadStream(program.file, { highWaterMark: piece })) sum.update(chunk as Buffer);
  keep(name, sum.digest("hex"), cache);
}

function nameOf({ file }: NodeProgram): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return `node-${hash("sha256", `${file}\0${dev}\0${ino}\0${size}\0${mtimeNs}\0${ctimeNs}`)}`;
}

function keptDigest(name: string, cache: string | undefined): string | undefined {
  const known = digests.get(name);
  if (known !== undefined || cache === undefined) return known;
  try {
    return readPrivate(path.join(cache, name));
  } catch {
    // Not kept yet.
    return undefined;
  }
}

function keep(name: string, digest: string, cache: string | undefined): string {
  digests.set(name, digest);
  if (cache === undefined) return digest;
  try {
    privateFolder(cache);
    writePrivate(path.join(cache, name), digest);
  } catch {
    // A cache that cannot be written costs time alone.
  }
  return digest;
}

/** Debian's Node is older and runs no TypeScript. It comes where there is no other, or where the other does not run. */
export function nodeLayers(node: NodeProgram | undefined): readonly string[] {
  if (node === undefined) return [`RUN ${DEBIANS}`];
  const note =
    "sluice: the Node of this machine does not run in the image, which gets the one of Debian, without TypeScript";
  return [
    "COPY node/ /usr/local/",
    `RUN (node -e 0 && ln -s node /usr/local/bin/nodejs) || (echo '${note}'; rm -f /usr/local/bin/node; ${DEBIANS})`,
  ];
}

export function packed(node: NodeProgram | undefined): readonly TarEntry[] {
  if (node === undefined) return [];
  return [{ path: "node/bin/node", content: readFileSync(node.file), executable: true }];
}
