/** What reaches the process while it is in force, which a host would die of. */
export function watchUncaught(): Disposable & { readonly errors: readonly unknown[] } {
  const errors: unknown[] = [];
  const note = (error: unknown) => void errors.push(error);
  const before = ["uncaughtException", "unhandledRejection"].map(
    (name) => [name, process.listeners(name as "uncaughtException")] as const,
  );
  for (const [name] of before) process.removeAllListeners(name).on(name, note);
  return {
    errors,
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
