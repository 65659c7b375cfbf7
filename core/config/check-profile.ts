import type { Problem } from "../contract/problem.ts";
import { assemble } from "./assemble-plan.ts";
import { checkDelivery } from "./flows/check-delivery.ts";
import { readFlows } from "./flows/check-flows.ts";
import { resolveReferences } from "./flows/references.ts";
import { checkExposure, checkResources } from "./flows/resources.ts";
import type { LoadOptions, LoadResult, Plan } from "./plan.ts";
import type { PluginSource } from "./plugin-source.ts";
import { interpolate } from "./read/interpolate.ts";
import { Problems } from "./read/problems.ts";
import { type ReadResult, readProfile } from "./read/read-profile.ts";
import type { ProfileSource } from "./read/source.ts";
import { type MapNode, toValue } from "./read/tree.ts";
import { nothingKnown } from "./read/trust.ts";
import { createBlotter } from "./report/mask.ts";
import { checkIsolation } from "./schema/check-isolation.ts";
import { checkModules } from "./schema/check-modules.ts";
import { coerceInterpolated } from "./schema/coerce.ts";
import { digestOf } from "./schema/digest.ts";
import { type Draft, draftInstance, type InstanceContext } from "./schema/draft-instances.ts";
import { addImplicit } from "./schema/implicit.ts";
import { profileEnvelope } from "./schema/instance-schema.ts";
import { schemaProblems } from "./schema/schema-problems.ts";
import { outsiders, trustNeeds } from "./schema/trust-needs.ts";
import { planOfTest } from "./tests/plan-of-test.ts";
import { readTests } from "./tests/read-tests.ts";

/**
 * From the text of a profile to its plan. Nothing is started. Modules are imported of plugins that are not ours, and of
 * ours that check their options; those of a text from a stranger are not. Each step adds what it finds wrong to
 * `problems`, with its place. The next one goes on with what is sound, so all problems come back at once. It never
 * throws for what stands in a profile, and gives a plan only where nothing is wrong.
 */
export async function checkProfile(options: LoadOptions, plugins: PluginSource): Promise<LoadResult> {
  const problems = new Problems();
  const secrets = new Set<string>();
  // 1. One tree of this text and of all that it extends; each value knows its place.
  const read = await readProfile(options, problems);
  const checked =
    read.root === undefined ? undefined : await check(read, read.root, { ...options, plugins }, problems, secrets);
  const drafts = checked?.drafts ?? [];
  const blot = createBlotter([...secrets]);
  const plan = problems.failed ? undefined : checked?.plan;
  // Nobody has vouched yet for what names those files, and messages quote what stands in them.
  const hidden = new Set(options.trust === "unknown" ? outsiders(read.sources).map(({ name }) => name) : []);
  return {
    ...(plan === undefined ? {} : { plan }),
    planOfTest: (name) => (plan === undefined ? undefined : checked?.planOfTest(name)),
    needs: trustNeeds(drafts, read.root, read.sources),
    digest: () => digestOf(read.sources, drafts),
    problems: untold(problems.sorted(), hidden),
    sources: Object.fromEntries(
      read.sources.map(({ name, text }) => [name, hidden.has(name) ? "" : blot(text)] as const),
    ),
  };
}

/** Of files that are not shown, nothing is told but that something is wrong: one problem for each. */
function untold(problems: readonly Problem[], hidden: ReadonlySet<string>): readonly Problem[] {
  const told = new Map<string, Problem>();
  for (const { severity, file } of problems) {
    if (file === undefined || !hidden.has(file) || told.get(file)?.severity === "error") continue;
    const message = `something is wrong in ${file}, which lies outside of the profile's folder`;
    const cure = "Trust the profile with `sluice trust`, and you are told what.";
    told.set(file, { severity, code: "SLUICE_CONFIG_UNTRUSTED", message, file, cure });
  }
  return [...problems.filter(({ file }) => file === undefined || !hidden.has(file)), ...told.values()];
}

interface CheckOutcome {
  readonly plan: Plan | undefined;
  readonly planOfTest: (name: string) => Plan | undefined;
  readonly drafts: readonly Draft[];
}

async function check(
  { main, sources }: ReadResult,
  root: MapNode,
  options: LoadOptions & { readonly plugins: PluginSource },
  problems: Problems,
  secrets: Set<string>,
): Promise<CheckOutcome> {
  const { trust = "own", known = nothingKnown, plugins } = options;
  // 2. `${env:...}` and `${file:...}` become values in place. What is unset below an instance may make it absent.
  const unset = interpolate(root, options.env, problems, trust);
  for (const { segments, problem } of unset) {
    if (segments[0] !== "plugins" || segments.length < 3) problems.add(problem);
  }
  checkEnvelope(root, problems);
  // 3. A draft of each entry: its plugin is found by `use`, its options are held to that plugin's schema.
  const uses = trust === "client" ? known.uses : undefined;
  const context = { plugins, problems, unset, secrets, folder: main.folder, uses };
  const drafts = await draftAll(root, main, options.implicitStore !== false, context);
  // 4. What entries say of each other: references and their circles, places that two claim, addresses open to others.
  const flows = mapUnder(root, "flows");
  const flowNames = new Set(flows.entries.keys());
  resolveReferences(drafts, flowNames, problems);
  checkResources(drafts, problems);
  checkExposure(drafts, problems);
  checkDelivery(drafts, problems);
  checkIsolation(drafts, problems);
  // 5. Modules are imported, so that one that cannot be is told of here; then a plugin's own `check` is asked.
  await checkModules(drafts, plugins, problems, trust);
  // 6. Expressions of flows become nodes, which name instances that are there; then the profile's tests.
  const byId = new Map(drafts.map((draft) => [draft.id, draft]));
  const nodes = readFlows(flows, { byId, flowNames, problems });
  const tests = await readTests(mapUnder(root, "tests"), { ...context, byId, flowNames });
  await checkModules(
    tests.flatMap(({ scripted }) => scripted),
    plugins,
    problems,
    trust,
  );
  // 7. The plan is frozen: from here on nothing is looked up in the profile again.
  const profile = { main, sources, root, drafts, secrets: [...secrets] };
  const planned = tests.map(({ test }) => test);
  return {
    drafts,
    plan: problems.failed ? undefined : assemble(profile, nodes, planned),
    planOfTest: (name) => {
      const found = tests.find(({ test }) => test.name === name);
      return found === undefined ? undefined : planOfTest(profile, flows, found);
    },
  };
}

function checkEnvelope(root: MapNode, problems: Problems): void {
  coerceInterpolated(root, profileEnvelope);
  const found = schemaProblems(
    profileEnvelope,
    toValue(root),
    { node: root },
    {
      name: "the profile",
      word: "key",
      cure: "Keys of a profile: version, extends, plugins, flows, budgets, tests, name, description.",
    },
  );
  for (const problem of found) problems.add(problem);
}

async function draftAll(root: MapNode, source: ProfileSource, wantsStore: boolean, context: InstanceContext) {
  const entries = [...mapUnder(root, "plugins").entries];
  const declared = await Promise.all(
    entries.map(([id, entry]) => draftInstance(id, { node: entry.value, key: entry.key }, context)),
  );
  return addImplicit(declared, source, wantsStore, context);
}

function mapUnder(root: MapNode, key: string): MapNode {
  const node = root.entries.get(key)?.value;
  return node?.kind === "map" ? node : { kind: "map", place: root.place, entries: new Map() };
}
