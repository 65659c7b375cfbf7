import type { Host } from "../../core/index.ts";

const input = { text: "go" };

/** One after the other: those that come together hold more than they will have used. */
export async function statuses(host: Host, count: number, owner: string): Promise<readonly string[]> {
  const ended: string[] = [];
  while (ended.length < count) ended.push((await host.runs.open({ input, owner }).done).data.status);
  return ended;
}

/** What the runs of one client have used, at all hosts. */
export async function used(host: Host): Promise<number> {
  const runs = await host.runs.list({ limit: 1_000 });
  return runs.reduce((sum, { usage }) => sum + (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0), 0);
}
