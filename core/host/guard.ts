import { AsyncLocalStorage } from "node:async_hooks";

/** Which instance the code that runs now belongs to, as far as asynchronous context tells. */
const current = new AsyncLocalStorage<string>();

export interface GuardTarget {
  readonly id: string;
  readonly folder: string;
  fail(reason: string): void;
}

/** Runs something as a part of an instance, so that what it throws later can be attributed to it. */
export function asInstance<T>(id: string, run: () => T): T {
  return current.run(id, run);
}

/**
 * While it is in force, an error that nobody caught takes down the instance it came from and nothing else: found by the
 * asynchronous context, or by the plugin's folder in the stack. An error of nobody's is thrown on as if we were not here.
 */
export function guardUncaught(targets: () => readonly GuardTarget[]): Disposable {
  const onError = (thrown: unknown): void => {
    const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
    const all = targets();
    const target = all.find(({ id }) => id === current.getStore()) ?? all.find(({ folder }) => stack.includes(folder));
    if (target) {
      target.fail(`uncaught: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      return;
    }
    dispose();
    // Thrown outside of this handler, the error takes the way it would have taken without it.
    setImmediate(() => {
      throw thrown;
    });
  };
  const dispose = (): void => {
    process.off("uncaughtException", onError);
    process.off("unhandledRejection", onError);
  };
  process.on("uncaughtException", onError);
  process.on("unhandledRejection", onError);
  return { [Symbol.dispose]: dispose };
}
