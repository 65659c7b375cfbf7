import { type Debugger, Session } from "node:inspector";
import { pathOf } from "../checked/fault.ts";

/** Milliseconds that the main thread has to say where it is: some loops have no place at which they could pause. */
const patience = 1_000;

/** A line of a file. */
export interface Place {
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Where the main thread is, from within another thread of the process: its lines, the innermost first; empty where that
 * cannot be told. The main thread is paused for a moment, as a debugger does.
 */
export function placesOfMain(): Promise<readonly Place[]> {
  const session = new Session();
  session.connectToMainThread();
  const { promise, resolve } = Promise.withResolvers<readonly Place[]>();
  /** Frames tell only the number of their script. */
  const scripts = new Map<string, string>();
  const timer = setTimeout(() => resolve([]), patience);
  session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params.url));
  session.once("Debugger.paused", ({ params }) => {
    const lines = params.callFrames.map(({ location }) => placeOf(location, scripts));
    session.post("Debugger.resume", () => resolve(lines));
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  return promise.finally(() => {
    clearTimeout(timer);
    session.disconnect();
  });
}

function placeOf({ scriptId, lineNumber }: Debugger.Location, scripts: ReadonlyMap<string, string>): Place {
  const url = scripts.get(scriptId) ?? "";
  return { path: url.startsWith("file:") ? pathOf(url) : url, line: lineNumber + 1 };
}

/** The innermost of `lines` that lies in `folder`, as ` (index.js:12)`. */
export function placeWithin(folder: string, lines: readonly Place[]): string {
  const found = lines.find(({ path }) => path.startsWith(`${folder}/`));
  return found === undefined ? "" : ` (${found.path.slice(folder.length + 1)}:${found.line})`;
}
