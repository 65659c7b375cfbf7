import { mkdir, realpath, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { EventOf, RunEvent, RunHandle } from "../../core/index.ts";

/** The richest first: of a bundle that shows one value in several forms, one file is enough. */
const forms: readonly (readonly [mime: string, extension: string])[] = [
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/gif", "gif"],
  ["image/svg+xml", "svg"],
  ["application/pdf", "pdf"],
  ["text/html", "html"],
  ["application/json", "json"],
  ["text/markdown", "md"],
  ["text/latex", "tex"],
  ["text/plain", "txt"],
];

/** Gathers what a run makes, files and shown values, and writes it into one folder. */
export class Collected {
  readonly #folder: string;
  readonly #files = new Set<string>();
  readonly #results: EventOf<"exec-result">["data"][] = [];

  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  observe(event: RunEvent): void {
    if (event.type === "exec-file") this.#files.add(event.data.path);
    if (event.type === "exec-result") this.#results.push(event.data);
  }

  /** Returns a line for each thing that could not be saved. */
  async save(handle: RunHandle): Promise<string[]> {
    await mkdir(this.#folder, { recursive: true });
    const failed: string[] = [];
    for (const path of this.#files) {
      await this.#write(path, () => handle.file(path)).catch((error: Error) => {
        failed.push(`${path} was not fetched: ${error.message}`);
      });
    }
    let number = 0;
    for (const result of this.#results) {
      const content = contentOfResult(result.data);
      if (content === undefined) continue;
      let name: string;
      do {
        number += 1;
        name = `result-${number}.${content.extension}`;
      } while (this.#files.has(name));
      await this.#write(name, async () => content.bytes);
    }
    return failed;
  }

  /** The path comes from the sandbox: it may name a place inside the folder, and no link may lead out of it. */
  async #write(path: string, read: () => Promise<Uint8Array>): Promise<void> {
    const target = resolve(this.#folder, path);
    if (isAbsolute(path) || !target.startsWith(this.#folder + sep)) throw new Error("its path leaves the folder");
    await mkdir(dirname(target), { recursive: true });
    const real = await realpath(dirname(target));
    const inside = relative(await realpath(this.#folder), real);
    if (inside.startsWith("..") || isAbsolute(inside)) throw new Error("a link leads out of the folder");
    await writeFile(join(real, target.slice(dirname(target).length + 1)), await read());
  }
}

function contentOfResult(
  data: Readonly<Record<string, unknown>>,
): { readonly bytes: Buffer; readonly extension: string } | undefined {
  for (const [mime, extension] of forms) {
    const value = data[mime];
    if (value === undefined || value === null) continue;
    const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
    const binary = (mime.startsWith("image/") && mime !== "image/svg+xml") || mime === "application/pdf";
    return { bytes: Buffer.from(text, binary ? "base64" : "utf8"), extension };
  }
  return undefined;
}
