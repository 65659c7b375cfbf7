import { AsyncLocalStorage } from "node:async_hooks";

/** Which instance the code that runs now belongs to, as far as asynchronous context tells. */
const current = new AsyncLocalStorage<string>();

/** Runs something as a part of an instance, so that what it throws later can be attributed to it. */
export function asInstance<T>(id: string, run: () => T): T {
  return current.run(id, run);
}

/** The instance whose code runs now, where it is known. */
export function currentInstance(): string | undefined {
  return current.getStore();
}
