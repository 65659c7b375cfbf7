import type { HostChange } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";

/** Says at which hosts a change was made, and where not. Returns the exit code. */
export function tellChanges(changes: readonly HostChange[]): number {
  for (const { name, host, error } of changes) {
    const at = printable(`${name} (${host})`);
    if (error === undefined) process.stdout.write(`${at}: changed\n`);
    else
      process.stderr.write(
        `${at}: ${printable(error.code)}: ${printable(error.message)}\n  = ${printable(error.cure)}\n`,
      );
  }
  return changes.some(({ error }) => error !== undefined) ? 1 : 0;
}
