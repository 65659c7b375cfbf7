import { all } from "./all.ts";
import { balance } from "./balance.ts";
import type { Combinator } from "./combinator.ts";
import { fallback } from "./fallback.ts";
import { loop } from "./loop.ts";
import { race } from "./race.ts";
import { when } from "./when.ts";

/** Every combinator by its name, in the order in which messages and the schema list them. */
export const combinators: ReadonlyMap<string, Combinator> = new Map(
  [fallback, race, all, balance, loop, when].map((each) => [each.name, each]),
);
