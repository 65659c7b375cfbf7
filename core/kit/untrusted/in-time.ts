import { type Context, createContext, Script } from "node:vm";

const given: { work: (() => unknown) | undefined } = { work: undefined };
/** Made once: it takes longer than most of what is called through it. */
let caller: { readonly script: Script; readonly context: Context } | undefined;

/**
 * What the work returns, where it comes to its end in so many milliseconds. Else it is cut off wherever it is, in the
 * middle of a regular expression as well. For computing with what a stranger wrote, whose cost nobody can tell before.
 * @throws Error what the work throws, or one that `isOverTime` knows
 */
export function inTime<Result>(work: () => Result, timeout: number): Result {
  caller ??= { script: new Script("work()"), context: createContext(given) };
  const before = given.work;
  given.work = work;
  try {
    return caller.script.runInContext(caller.context, { timeout }) as Result;
  } finally {
    given.work = before;
  }
}

/** Whether an error says that something was cut off. */
export function isOverTime(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
