/** Does something with each, with so many at once; rejects with the first failure, once what is under way is over. */
export async function inTurns<T>(all: readonly T[], most: number, act: (each: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const worker = async () => {
    for (const each of left) await act(each);
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(most, all.length) }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
