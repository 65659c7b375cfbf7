import { currentInstance } from "./attribution.ts";

export interface GuardTarget {
  readonly id: string;
  readonly folder: string;
  fail(reason: string): void;
}

/** Whose code a stack leads through: by the plugin's folder, else by the asynchronous context. */
export function targetOf(targets: readonly GuardTarget[], stack: string): GuardTarget | undefined {
  const known = targets.filter(({ folder }) => stack.includes(`${folder}/`));
  const here = currentInstance();
  // Several instances may share one plugin; the context tells which of them it was.
  return known.find(({ id }) => id === here) ?? known[0] ?? targets.find(({ id }) => id === here);
}

/**
 * While it is in force, an error that nobody caught takes down the instance it came from and nothing else. An error
 * that belongs to no instance is thrown on as if we were not here.
 */
export function guardUncaught(targets: () => readonly GuardTarget[]): Disposable {
  const onError = (thrown: unknown): void => {
    const stack = thrown instanceof Error ? String(thrown.stack) : "";
    const target = targetOf(targets(), stack);
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
