import { branchesOf, type Combinator } from "./combinator.ts";
import { flowList } from "./schema-parts.ts";

export const fallback: Combinator = {
  name: "fallback",
  keys: { fallback: flowList },
  read: (node, context) => branchesOf(node, "fallback", context, (branches) => ({ kind: "fallback", branches })),
};
