import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileFault } from "../../kit/file-fault.ts";
import { readPlainFile } from "../../kit/untrusted/plain-file.ts";
import type { LoadOptions } from "../plan.ts";
import { decodeText, type TextOrFault, textFault } from "./encoding.ts";
import { fromCode } from "./from-code.ts";
import { newerFormat } from "./newer-format.ts";
import { maximumNodes, parseSource } from "./parse.ts";
import type { Problems } from "./problems.ts";
import { createSource, type ProfileSource, realPath, type SourcePlace } from "./source.ts";
import type { MapNode, ProfileNode } from "./tree.ts";
import { nothingKnown, type ProfileNames } from "./trust.ts";
import { signs } from "./yaml.ts";

/** Everything read for one profile. */
export interface ReadResult {
  readonly main: ProfileSource;
  readonly sources: readonly ProfileSource[];
  /** The profile with everything it extends merged in; undefined when it cannot be used. */
  readonly root: MapNode | undefined;
}

/**
 * The text of a profile and of everything it extends, as one tree that knows the place of each value. `encoding.ts` makes
 * characters of bytes, and `parse.ts` makes a tree of them. What cannot be read or is no YAML is a problem with its place.
 */
export async function readProfile(options: LoadOptions, problems: Problems): Promise<ReadResult> {
  const known = options.trust === "client" ? (options.known ?? nothingKnown) : undefined;
  const reader = new Reader(problems, options.text, known);
  if (options.file === undefined && options.config !== undefined) {
    const source = reader.register("<config>", "<config>", options.cwd, "");
    const own = fromCode(options.config, { source }, problems);
    const root = own === undefined ? undefined : await reader.extend(own, source, []);
    return { main: source, sources: reader.sources, root };
  }
  const name = options.file ?? "sluice.yaml";
  const root = await reader.read(name, resolve(options.cwd, name), []);
  const main = reader.sources[0] ?? reader.register(name, resolve(options.cwd, name), options.cwd, "");
  return { main, sources: reader.sources, root };
}

/**
 * What one profile may read. A file counts as often as it is named; `deep` are files that extend each other in a row. Else
 * a few files that name each other twice would grow without an end.
 */
const most = { files: 100, deep: 32, bytes: 1024 * 1024, signs: 100_000 };

class Reader {
  readonly sources: ProfileSource[] = [];
  readonly #problems: Problems;
  readonly #text: string | undefined;
  /** What the first file may extend; undefined for anything. */
  readonly #known: ProfileNames | undefined;
  readonly #left = { files: most.files, bytes: most.bytes, signs: most.signs, nodes: maximumNodes };

  /** `text` stands for that of the first file. */
  constructor(problems: Problems, text?: string, known?: ProfileNames) {
    this.#problems = problems;
    this.#text = text;
    this.#known = known;
  }

  register(name: string, path: string, folder: string, text: string): ProfileSource {
    const known = this.sources.find((source) => source.path === path && path !== "<config>");
    if (known !== undefined) return known;
    const source = createSource({ name, path, folder, order: this.sources.length }, text);
    this.sources.push(source);
    return source;
  }

  /** `from` is the chain of files that led here, this one excluded; `at` the place that named it. */
  async read(
    name: string,
    path: string,
    from: readonly ProfileSource[],
    at?: SourcePlace,
  ): Promise<MapNode | undefined> {
    const given = from.length === 0 ? this.#text : undefined;
    let decoded: TextOrFault;
    try {
      decoded = given === undefined ? decodeText(await textOf(path, at)) : (textFault(given) ?? { text: given });
    } catch (error) {
      const place = at ?? { source: this.register(name, path, dirname(path), "") };
      const why =
        (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : `cannot be read: ${fileFault(error)}`;
      this.#problems.add({ code: "SLUICE_CONFIG_NOT_FOUND", message: `${name} ${why}`, place });
      return undefined;
    }
    const excess = this.#excess(decoded.text);
    if (excess !== undefined) {
      const place = at ?? { source: this.register(name, path, dirname(path), "") };
      return this.#tooLarge(`the profile has more than ${excess}, with all that it extends`, place);
    }
    const source = this.register(name, path, dirname(path), decoded.text);
    if ("fault" in decoded) {
      const { fault, cure, at: start } = decoded;
      const place: SourcePlace = start === undefined ? { source } : { source, range: [start, start + 1] };
      this.#problems.add({ code: "SLUICE_CONFIG_ENCODING", message: `${name} ${fault}`, place, cure });
      return undefined;
    }
    const own = parseSource(source, this.#problems, this.#left);
    return own === undefined ? undefined : this.extend(own, source, from);
  }

  /** Merges what `extends` names under the profile's own values. */
  async extend(own: MapNode, source: ProfileSource, from: readonly ProfileSource[]): Promise<MapNode | undefined> {
    const newer = newerFormat(own);
    if (newer !== undefined) {
      this.#problems.add(newer);
      return undefined;
    }
    const entry = own.entries.get("extends");
    if (entry === undefined) return own;
    const names = entry.value.kind === "list" ? entry.value.items : [entry.value];
    const chain = [...from, source];
    let base: MapNode | undefined;
    let complete = true;
    for (const name of names) {
      if (Object.values(this.#left).some((left) => left < 0)) return undefined;
      const extended = await this.#extended(name, source, chain);
      if (extended === undefined) complete = false;
      else base = base === undefined ? extended : merge(base, extended);
    }
    // Without one of its bases most of what follows would be noise: what is missing may stand there.
    if (!complete) return undefined;
    return base === undefined ? own : merge(base, own);
  }

  async #extended(
    node: ProfileNode,
    source: ProfileSource,
    chain: readonly ProfileSource[],
  ): Promise<MapNode | undefined> {
    if (node.kind !== "scalar" || typeof node.value !== "string" || node.value.includes("${")) {
      const message = "`extends` takes the path of a profile or a list of paths, without variables";
      this.#problems.add({
        code: "SLUICE_CONFIG_TYPE",
        message,
        place: node.place,
        cure: "Write a path such as ./base.yaml.",
      });
      return undefined;
    }
    if (chain.length === 1 && this.#known !== undefined && !this.#known.extends.has(node.value)) {
      const message = "a text that comes from a client can extend what the profile extends already, and nothing else";
      this.#problems.add({ code: "SLUICE_CONFIG_UNTRUSTED", message, place: node.place });
      return undefined;
    }
    const path = resolve(source.folder, node.value);
    // By what links lead to: a link to its own folder gives one file names without an end.
    const real = realPath(path);
    const at = chain.findIndex((other) => realPath(other.path) === real);
    if (at !== -1) {
      const circle = [...chain.slice(at), chain[at]].map((other) => other?.name).join(" -> ");
      this.#problems.add({
        code: "SLUICE_CONFIG_CYCLE",
        message: `profiles extend each other in a circle: ${circle}`,
        place: node.place,
      });
      return undefined;
    }
    this.#left.files -= 1;
    if (this.#left.files < 0)
      return this.#tooLarge(`the profile extends more than ${most.files} files in all`, node.place);
    if (chain.length > most.deep)
      return this.#tooLarge(`more than ${most.deep} profiles extend each other in a row`, node.place);
    const asWritten = source.path === "<config>" || isAbsolute(node.value);
    const name = asWritten ? node.value : join(dirname(source.name), node.value);
    return this.read(name, path, chain, node.place);
  }

  #excess(text: string): string | undefined {
    this.#left.bytes -= Buffer.byteLength(text);
    if (this.#left.bytes < 0) return `${most.bytes} bytes`;
    for (const _ of text.matchAll(signs)) this.#left.signs -= 1;
    return this.#left.signs < 0 ? `${most.signs} signs of YAML` : undefined;
  }

  #tooLarge(message: string, place: SourcePlace): undefined {
    this.#problems.add({ code: "SLUICE_CONFIG_TOO_LARGE", message, place });
  }
}

/**
 * Lays one profile over another: maps merge key by key, lists and scalars replace. `extends` itself is not inherited.
 * Each value keeps the place where it was written.
 */
function merge(base: MapNode, over: MapNode): MapNode {
  const entries = new Map(base.entries);
  entries.delete("extends");
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    entries.set(key, below === undefined ? entry : { key: entry.key, value: mergeNode(below.value, entry.value) });
  }
  return { kind: "map", place: over.place, entries };
}

function mergeNode(base: ProfileNode, over: ProfileNode): ProfileNode {
  return base.kind === "map" && over.kind === "map" ? merge(base, over) : over;
}

/** What a person gives as a pipe of this process's own is read to its end; anything else must be a plain file. */
const ownPipe = /^\/(dev|proc\/self)\/(stdin|fd\/\d+)$/;

async function textOf(path: string, at: SourcePlace | undefined): Promise<Uint8Array> {
  return at === undefined && ownPipe.test(path) ? readFile(path) : readPlainFile(path);
}
