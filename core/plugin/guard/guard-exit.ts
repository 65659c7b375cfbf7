import { SluiceError } from "../../contract/errors.ts";
import { type GuardTarget, targetOf } from "./guard-uncaught.ts";

type Targets = () => readonly GuardTarget[];

const hosts = new Set<Targets>();
let restore: (() => void) | undefined;

/**
 * While it is in force, a plugin that ends the process ends itself: `process.exit`, `process.abort` and a signal to its
 * own process id throw into the plugin, and the instance fails. Whoever else calls them is let through.
 */
export function guardExit(targets: Targets): Disposable {
  hosts.add(targets);
  restore ??= replaceExits();
  return {
    [Symbol.dispose]: () => {
      hosts.delete(targets);
      if (hosts.size > 0) return;
      restore?.();
      restore = undefined;
    },
  };
}

function replaceExits(): () => void {
  const { exit, abort, kill } = process;
  process.exit = (code) => {
    refuse(`process.exit(${code ?? ""})`);
    return exit.call(process, code);
  };
  process.abort = () => {
    refuse("process.abort()");
    return abort.call(process);
  };
  process.kill = (pid, signal) => {
    // Signal 0 asks whether a process lives, and harms nobody.
    if (signal !== 0 && Math.abs(pid) === process.pid)
      refuse(`process.kill of its own host with ${signal ?? "SIGTERM"}`);
    return kill.call(process, pid, signal);
  };
  return () => Object.assign(process, { exit, abort, kill });
}

/** @throws SluiceError SLUICE_PLUGIN_FAULT where a plugin calls */
function refuse(call: string): void {
  const { stack = "" } = new Error("who calls");
  for (const targets of hosts) {
    const target = targetOf(targets(), stack);
    if (target === undefined) continue;
    const message = `${target.id} called ${call}`;
    target.fail(message);
    throw new SluiceError("SLUICE_PLUGIN_FAULT", message);
  }
}
