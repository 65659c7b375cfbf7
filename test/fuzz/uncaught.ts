/** Every property that all objects have by themselves. */
const plain = Object.getOwnPropertyNames(Object.prototype).join();

/**
 * What reaches the process while it is in force: what a host would die of, warnings, which put an input's text on the
 * host's terminal, and properties that all objects have suddenly.
 */
export function watchUncaught(): Disposable & { readonly errors: readonly unknown[]; look(): void } {
  const errors: unknown[] = [];
  const note = (error: unknown) => void errors.push(error);
  const before = ["uncaughtException", "unhandledRejection", "warning"].map(
    (name) => [name, process.listeners(name as "uncaughtException")] as const,
  );
  for (const [name] of before) process.removeAllListeners(name).on(name, note);
  return {
    errors,
    look() {
      if (Object.getOwnPropertyNames(Object.prototype).join() !== plain) note(new Error("all objects were changed"));
    },
    [Symbol.dispose]() {
      for (const [name, listeners] of before) {
        process.removeAllListeners(name);
        for (const listener of listeners) process.on(name, listener as (error: unknown) => void);
      }
    },
  };
}

/** Long enough for what is thrown in a timer or a rejection that nobody took. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0));
}
