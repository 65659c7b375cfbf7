import { branchesOf, type Combinator } from "./combinator.ts";
import { flowList } from "./schema-parts.ts";

export const all: Combinator = {
  name: "all",
  keys: { all: flowList },
  read: (node, context) => branchesOf(node, "all", context, (branches) => ({ kind: "all", branches })),
};
