import { lstatSync, readlinkSync, type Stats, statSync } from "node:fs";
import { isAbsolute, join, parse, sep } from "node:path";

/** One folder that a path leads through. */
export interface PlaceOnTheWay {
  /** Entries of it that the way goes over: files, folders and links. */
  readonly names: Set<string>;
  readonly identity: string;
}

/** Links that may lead to a file; more are a circle. */
const mostLinks = 40;

/** Every folder on the way to any of the files, links followed, as far as there is a way. */
export function waysTo(files: readonly string[]): ReadonlyMap<string, PlaceOnTheWay> {
  const places = new Map<string, PlaceOnTheWay>();
  for (const file of files) walk(file, places);
  return places;
}

function walk(file: string, places: Map<string, PlaceOnTheWay>): void {
  let { root: folder } = parse(file);
  let rest = partsOf(file.slice(folder.length));
  for (let links = 0; rest.length > 0; ) {
    const [name = "", ...after] = rest;
    if (name === "..") {
      folder = join(folder, "..");
      rest = after;
      continue;
    }
    if (!note(places, folder, name)) return;
    const path = join(folder, name);
    const found = quietly(() => lstatSync(path));
    if (found === undefined) return;
    if (found.isSymbolicLink()) {
      links += 1;
      const target = quietly(() => readlinkSync(path));
      if (target === undefined || links > mostLinks) return;
      if (isAbsolute(target)) folder = parse(target).root;
      rest = [...partsOf(target), ...after];
    } else {
      folder = path;
      rest = after;
    }
  }
}

function partsOf(path: string): string[] {
  return path.split(sep).filter((part) => part !== "" && part !== ".");
}

/** False where the folder is not there, or is none. */
function note(places: Map<string, PlaceOnTheWay>, folder: string, name: string): boolean {
  const known = places.get(folder);
  if (known !== undefined) {
    known.names.add(name);
    return true;
  }
  const found = quietly(() => statSync(folder));
  if (found === undefined || !found.isDirectory()) return false;
  places.set(folder, { names: new Set([name]), identity: identityOf(found) });
  return true;
}

/** Numbers are given again soon after a folder is gone; the time of birth tells two of them apart. */
function identityOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
