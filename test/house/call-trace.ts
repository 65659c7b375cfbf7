import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseSync, Visitor } from "oxc-parser";

const root = new URL("../../", import.meta.url);

/** A function of a file: `name`, or `Class.name`. */
export interface NamedFunction {
  readonly file: string;
  readonly name: string;
}

interface Body {
  readonly body?: { readonly body?: readonly { readonly start: number }[] } | null;
}

interface ClassNode {
  readonly id: { readonly name: string } | null;
  readonly body: {
    readonly body: readonly {
      readonly type: string;
      readonly key?: { readonly type: string; readonly name?: string };
      readonly value?: unknown;
    }[];
  };
}

/** Where the first statement of each function stands that has a name. */
export function functionsIn(file: string, source: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const take = (name: string, node: unknown): void => {
    const first = (node as Body | null)?.body?.body?.[0];
    if (first !== undefined) found.set(name, first.start);
  };
  const takeFunction = (node: { readonly id: { readonly name: string } | null }) => take(node.id?.name ?? "", node);
  const takeClass = (node: unknown) => {
    const { id, body } = node as ClassNode;
    for (const { type, key, value } of body.body) {
      const name = key?.type === "PrivateIdentifier" ? `#${key.name}` : key?.name;
      if (type === "MethodDefinition") take(`${id?.name}.${name}`, value);
    }
  };
  new Visitor({ FunctionDeclaration: takeFunction, ClassDeclaration: takeClass }).visit(
    parseSync(file, source).program,
  );
  return found;
}

interface Paused {
  readonly hitBreakpoints?: readonly string[];
}

/** Speaks to the inspector of a process. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: Record<string, unknown>) => void>();
  readonly #onEvent: (method: string, params: unknown) => void;
  #last = 0;

  constructor(socket: WebSocket, onEvent: (method: string, params: unknown) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(String(data)));
  }

  call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    this.#last += 1;
    const answer = Promise.withResolvers<Record<string, unknown>>();
    this.#waiting.set(this.#last, answer.resolve);
    this.#socket.send(JSON.stringify({ id: this.#last, method, params }));
    return answer.promise;
  }

  #receive(message: { id?: number; result?: Record<string, unknown>; method?: string; params?: unknown }): void {
    if (message.id !== undefined) this.#waiting.get(message.id)?.(message.result ?? {});
    else if (message.method !== undefined) this.#onEvent(message.method, message.params);
  }
}

export interface Trace {
  readonly process: ChildProcess;
  /** The functions that were entered, in the order in which each was entered first. */
  readonly entered: NamedFunction[];
  /** Lines of its standard output. */
  readonly lines: AsyncIterable<string>;
}

/** Runs the command from its sources, and stops it for a moment where a function is entered for the first time. */
export async function traceCommand(
  args: readonly string[],
  functions: readonly NamedFunction[],
  env: NodeJS.ProcessEnv,
): Promise<Trace> {
  const command = ["--inspect-brk=127.0.0.1:0", "bin/dev.js", ...args];
  const child = spawn(process.execPath, command, { cwd: root, env: { ...process.env, ...env } });
  const address = Promise.withResolvers<string>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    const found = /ws:\/\/\S+/.exec(text)?.[0];
    if (found !== undefined) address.resolve(found);
  });
  child.once("exit", () => address.reject(new Error("it ended before it could be traced")));
  const socket = new WebSocket(await address.promise);
  await once(socket, "open");
  const entered: NamedFunction[] = [];
  const places = new Map<string, NamedFunction>();
  const inspector = new Inspector(socket, (method, params) => {
    // It waits for the debugger to leave.
    if (method === "Runtime.executionContextDestroyed") socket.close();
    if (method !== "Debugger.paused") return;
    for (const id of (params as Paused).hitBreakpoints ?? []) {
      const place = places.get(id);
      if (place === undefined) continue;
      entered.push(place);
      places.delete(id);
      void inspector.call("Debugger.removeBreakpoint", { breakpointId: id });
    }
    void inspector.call("Debugger.resume");
  });
  await inspector.call("Runtime.enable");
  await inspector.call("Debugger.enable");
  for (const place of functions) {
    const source = readFileSync(new URL(place.file, root), "utf8");
    const before = source.slice(0, functionsIn(place.file, source).get(place.name) ?? 0).split("\n");
    const { breakpointId } = await inspector.call("Debugger.setBreakpointByUrl", {
      url: new URL(place.file, root).href,
      lineNumber: before.length - 1,
      columnNumber: before.at(-1)?.length ?? 0,
    });
    places.set(String(breakpointId), place);
  }
  await inspector.call("Runtime.runIfWaitingForDebugger");
  return { process: child, entered, lines: createInterface({ input: child.stdout }) };
}
