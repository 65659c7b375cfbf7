import { SluiceError } from "../../contract/errors.ts";
import { knownDataJson } from "./known-json.ts";
import { eventBounds } from "./parse-json.ts";

/** Characters of all strings and keys of one event. */
const mostCharacters = 128 << 20;
/** What a reader of `eventBounds` still takes, with the event's own levels around it. */
const mostDepth = eventBounds.depth - 8;

/**
 * Looks at the data of an event that a plugin emits. It must be what JSON can say, within bounds: the journal, the store
 * and every reader walk it, and would fail for everybody else too.
 * @throws SluiceError SLUICE_EVENT_REFUSED
 */
export function demandEventShape(source: string, type: string, data: unknown): void {
  if (typeof data !== "object" || data === null) throw refused(source, type, "without data");
  // It comes from JSON that was within tighter bounds.
  if (knownDataJson(data) !== undefined) return;
  let problem: string | undefined;
  try {
    problem = problemOf(data);
  } catch {
    // A getter or a proxy of the plugin's.
    problem = "that cannot be read";
  }
  if (problem !== undefined) throw refused(source, type, problem);
}

function problemOf(data: object): string | undefined {
  /** Objects to look into, each followed by its depth. */
  const waiting: (object | number)[] = [data, 1];
  let nodes = 0;
  let characters = 0;
  while (waiting.length > 0) {
    const depth = waiting.pop() as number;
    const value = waiting.pop() as Readonly<Record<string, unknown>>;
    if (depth > mostDepth) return `nested deeper than ${mostDepth} levels`;
    if (typeof value["toJSON"] === "function" && !(value instanceof Date)) return "with a method toJSON";
    for (const key in value) {
      nodes += 1;
      characters += key.length;
      const item = value[key];
      if (typeof item === "string") characters += item.length;
      else if (typeof item === "object" && item !== null) waiting.push(item, depth + 1);
      else if (typeof item === "bigint") return "with a bigint";
      if (nodes > eventBounds.nodes || characters > mostCharacters) return "larger than an event may be";
    }
  }
  return undefined;
}

function refused(source: string, type: string, what: string): SluiceError {
  return new SluiceError("SLUICE_EVENT_REFUSED", `${source} emitted an event ${type} ${what}`);
}
