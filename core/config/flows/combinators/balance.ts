import { branchesOf, type Combinator, choice } from "./combinator.ts";
import { flowList, oneOf } from "./schema-parts.ts";

const ways = ["turn", "latency", "random"] as const;

export const balance: Combinator = {
  name: "balance",
  keys: { balance: flowList, by: oneOf(ways) },
  read(node, context) {
    const by = choice(node, "by", ways, context);
    const read = branchesOf(node, "balance", context, (branches) => ({ kind: "balance", branches, by: by ?? "turn" }));
    return by === undefined ? undefined : read;
  },
};
