import { catchError, EMPTY, type Observable } from "rxjs";
import type { ExecEvent, ExecuteOptions, Sandbox, SandboxSession } from "../../contract/sandbox.ts";
import { isJsonObject } from "../../kit/untrusted/index.ts";
import { asInstance } from "../guard/attribution.ts";
import { checkedCall, quietCall } from "./call.ts";
import { demandExecEvent } from "./event-data.ts";
import { brokenContract, kindOf, type Party, thrownBy } from "./fault.ts";
import { checkedStream } from "./stream.ts";

/** Milliseconds that an execution gets beyond its own time-out to say how it ended. */
const endGrace = 15_000;

const methods = ["execute", "interrupt", "input", "put", "get", "list"] as const;

/** A sandbox whose sessions keep the contract, or end with an error that names it. */
export function checkedSandbox(party: Party, sandbox: Sandbox): Pick<Sandbox, "open"> {
  return {
    async open(spec, signal) {
      const opening = checkedCall(party, "open", () => sandbox.open(spec, signal));
      const session: unknown = await opening;
      const missing = isJsonObject(session) ? methods.find((name) => typeof session[name] !== "function") : undefined;
      if (!isJsonObject(session) || missing !== undefined) {
        const what = missing === undefined ? kindOf(session) : `something without ${missing}`;
        throw brokenContract(party, "open", `resolved with ${what}, and not a session`);
      }
      return checkedSession(party, session as unknown as SandboxSession);
    },
  };
}

function checkedSession(party: Party, session: SandboxSession): SandboxSession {
  const call = <T>(step: string, run: () => T | Promise<T>) => checkedCall(party, step, run);
  return {
    id: String(session.id),
    limits: session.limits,
    takesEnv: session.takesEnv === true,
    closed: Promise.resolve(session.closed).then(
      () => undefined,
      (thrown) => party.report(thrownBy(party, "closed", thrown)),
    ),
    get stats$() {
      return quiet(party, () => session.stats$);
    },
    execute: (code, options) => execution(party, session, code, options),
    interrupt: () => call("interrupt", () => session.interrupt()),
    input: (text) => call("input", () => session.input(text)),
    put: (files, signal) => call("put", () => session.put(files, signal)),
    get: (path, signal) => call("get", () => session.get(path, signal)),
    list: (signal) => call("list", () => session.list(signal)),
    [Symbol.asyncDispose]: () => quietCall(party, "the end of a session", () => session[Symbol.asyncDispose]()),
  };
}

function execution(
  party: Party,
  session: SandboxSession,
  code: string,
  options: ExecuteOptions,
): Observable<ExecEvent> {
  let ended = false;
  let asks = false;
  // A program may be silent for as long as it may run.
  const timeout = options.timeout ?? session.limits?.timeout;
  return checkedStream<ExecEvent>({
    party,
    step: "execute",
    source: () => session.execute(code, options),
    silence: timeout === undefined ? party.callTimeout : timeout === 0 ? 0 : timeout + endGrace,
    waits: () => asks,
    check: (event) => {
      if (ended) throw brokenContract(party, "execute", "emitted an event after its exec-end");
      demandExecEvent(party, "execute", event);
      ended = event.type === "exec-end";
      asks = event.type === "input-request";
    },
    missing: () => (ended ? undefined : "completed without an exec-end"),
  });
}

/** Samples are for the eye: what cannot be measured has none. */
function quiet(party: Party, source: () => SandboxSession["stats$"]): SandboxSession["stats$"] {
  try {
    return asInstance(party.id, source).pipe(catchError(() => EMPTY));
  } catch {
    return EMPTY;
  }
}
