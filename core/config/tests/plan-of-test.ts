import { assemble, type ReadProfile } from "../assemble-plan.ts";
import { readFlows } from "../flows/check-flows.ts";
import { resolveReferences } from "../flows/references.ts";
import type { Plan } from "../plan.ts";
import { Problems } from "../read/problems.ts";
import type { MapNode } from "../read/tree.ts";
import type { ReadTest } from "./read-tests.ts";

/**
 * The profile as one test runs it: models that it scripts are there, whatever they lack outside of tests. All others are
 * absent, but for those that answer from a script anyway: nothing is paid for, and nothing depends on a network.
 */
export function planOfTest(profile: ReadProfile, flows: MapNode, { test, scripted }: ReadTest): Plan {
  const problems = new Problems();
  const played = new Map(scripted.map((draft) => [draft.id, draft]));
  const drafts = profile.drafts.map((draft) => {
    const own = played.get(draft.id);
    if (own !== undefined) return { ...own, refs: {} };
    const { manifest } = draft.plugin ?? {};
    const asks = manifest?.kind === "model" && manifest.capabilities?.includes("plays-scripts") !== true;
    // What is absent without a model goes on without it: no test fails for what it does not run.
    return {
      ...draft,
      refs: {},
      optional: true,
      ...(asks ? { absent: `the test ${test.name} has no script for it` } : {}),
    };
  });
  const byId = new Map(drafts.map((draft) => [draft.id, draft]));
  const flowNames = new Set(flows.entries.keys());
  resolveReferences(drafts, flowNames, problems);
  const nodes = readFlows(flows, { byId, flowNames, problems });
  return assemble({ ...profile, drafts }, nodes, [test]);
}
