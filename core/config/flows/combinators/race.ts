import { branchesOf, type Combinator, choice, runsCode } from "./combinator.ts";
import { flowList, oneOf } from "./schema-parts.ts";

const untils = ["first", "passes"] as const;

export const race: Combinator = {
  name: "race",
  keys: { race: flowList, until: oneOf(untils) },
  read(node, context) {
    const until = choice(node, "until", untils, context);
    const read = branchesOf(node, "race", context, (branches) => ({ kind: "race", branches, until: until ?? "first" }));
    if (read === undefined || until === undefined) return undefined;
    return until === "passes" && !runsCode(read, node, context) ? undefined : read;
  },
};
