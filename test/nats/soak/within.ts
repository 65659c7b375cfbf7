import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when a count has come to what is wanted; says what was waited for, and how far it came, where it never does. */
export async function within(limit: number, what: string, count: () => Promise<number>, wanted: number): Promise<void> {
  const until = performance.now() + limit;
  for (;;) {
    const counted = await count();
    if (counted >= wanted) return;
    if (performance.now() > until) throw new Error(`waited ${limit} ms for ${what}: ${counted} of ${wanted}`);
    await sleep(100);
  }
}
