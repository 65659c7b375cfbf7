import { hash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
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

/**
 * SHA-256 of the program. Reading 120 MB takes a third of a second, so `cache` keeps it for the file as it is: the kernel
 * sets the time of a change, and nobody can set it back.
 */
export function digestOf({ file }: NodeProgram, cache?: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  const kept =
    cache && path.join(cache, `node-${hash("sha256", `${file}\0${dev}\0${ino}\0${size}\0${mtimeNs}\0${ctimeNs}`)}`);
  try {
    if (kept) return readPrivate(kept);
  } catch {
    // Not kept yet.
  }
  const digest = hash("sha256", readFileSync(file));
  if (cache && kept) {
    try {
      privateFolder(cache);
      writePrivate(kept, digest);
    } catch {
      // A cache that cannot be written costs time alone.
    }
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
