/**
 * What keeps a process alive, counted by kind: timers, sockets, pipes, servers. A snapshot before and one after tell
 * what was left behind. Kinds that belong to the process itself are left out.
 */
export class LeakCheck {
  readonly #before = count();

  /** Kinds of which there are more now than at the start, such as `Timeout +1`; waits until they settle, at most 2 s. */
  async leaked(): Promise<readonly string[]> {
    const deadline = Date.now() + 2_000;
    for (;;) {
      const found = difference(this.#before, count());
      if (found.length === 0 || Date.now() > deadline) return found;
      // Handles close on later turns of the event loop; each of them is a chance to be done.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const ofTheProcess = new Set(["TTYWrap", "MessagePort", "Immediate", "CloseReq"]);

function count(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!ofTheProcess.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function difference(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...after].flatMap(([kind, number]) => {
    const more = number - (before.get(kind) ?? 0);
    return more > 0 ? [`${kind} +${more}`] : [];
  });
}
