import type { Ground } from "./ground.ts";

export interface Attack {
  /** The number of the finding in the list of weaknesses this plays. */
  readonly finding: number;
  readonly as: string;
  readonly over: string;
  readonly what: string;
  /** Left out of the short form. */
  readonly long?: true;
  /** How many ways were tried, and what was gained by them; what is received is looked through by the ground. */
  readonly play: (ground: Ground) => Promise<Outcome>;
}

export interface Outcome {
  readonly tried: number;
  readonly gained: readonly string[];
}

/** Tries each; what a try returns was gained. */
export async function each<Item>(
  items: readonly Item[],
  attempt: (item: Item) => Promise<string | undefined>,
): Promise<Outcome> {
  const gained: string[] = [];
  for (const item of items) {
    const got = await attempt(item);
    if (got !== undefined) gained.push(`${JSON.stringify(item).slice(0, 120)}: ${got.slice(0, 300)}`);
  }
  return { tried: items.length, gained };
}
