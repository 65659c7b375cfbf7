import { ranked } from "../../kit/text/nearest.ts";
import type { DiscoveredPlugin } from "../plan.ts";
import { listed, type ProblemInput } from "../read/problems.ts";
import { anchorOf, child, type KeyedNode, type MapNode, type ProfileNode, pointerOf, toValue } from "../read/tree.ts";
import { coerceInterpolated, coerceUnits } from "../schema/coerce.ts";
import { type Draft, draftInstance, type InstanceContext } from "../schema/draft-instances.ts";
import { namePattern } from "../schema/instance-schema.ts";
import { schemaProblems } from "../schema/schema-problems.ts";
import { withDefaults } from "../schema/schema-walk.ts";
import { testEnvelope } from "../schema/test-schema.ts";
import { checkExpectation } from "./check-expectation.ts";
import type { Expectation, PlannedInput, PlannedTest, PlannedTurn } from "./planned-test.ts";

export interface TestContext extends InstanceContext {
  readonly byId: ReadonlyMap<string, Draft>;
  readonly flowNames: ReadonlySet<string>;
}

/** A test, and the instances that stand in the places of others. */
export interface ReadTest {
  readonly test: PlannedTest;
  readonly scripted: readonly Draft[];
}

type TestText = Omit<PlannedTest, "name" | "models" | "flow" | "turns"> &
  Partial<TurnText> & {
    readonly flow?: string;
    readonly models: Readonly<Record<string, unknown>>;
    readonly turns?: readonly TurnText[];
  };

interface TurnText {
  readonly input: string | PlannedInput;
  readonly answers: readonly (string | boolean)[];
  readonly expect: Expectation;
}

/** Reads every test; those with problems are left out. */
export async function readTests(tests: MapNode, context: TestContext): Promise<readonly ReadTest[]> {
  const read: ReadTest[] = [];
  for (const [name, { key, value }] of tests.entries) {
    if (!new RegExp(namePattern).test(name)) continue;
    const found = await readTest(name, { node: value, key }, context);
    if (found !== undefined) read.push(found);
  }
  return read;
}

async function readTest(name: string, tree: KeyedNode, context: TestContext): Promise<ReadTest | undefined> {
  const { problems } = context;
  coerceInterpolated(tree.node, testEnvelope);
  const subject = { name: `test \`${name}\``, word: "key", cure: cureOf() };
  const found = schemaProblems(testEnvelope, toValue(tree.node), tree, subject);
  for (const problem of found) problems.add(problem);
  if (found.length > 0) return undefined;
  const written = coerceUnits(testEnvelope, withDefaults(testEnvelope, toValue(tree.node)), tree, "/") as TestText;
  const shape = faultOfShape(written, tree, name);
  if (shape !== undefined) problems.add(shape);
  const [models, sandboxes] = [
    await readScripts("models", tree, context),
    await readScripts("sandboxes", tree, context),
  ];
  const scripted = models && sandboxes && [...models, ...sandboxes];
  const turns = turnsOf(written, name);
  const flow = flowOf(written, turns, tree, context);
  const sound = turns.map(({ expect, pointer }) => checkExpectation(expect, pointer, tree, context));
  if (shape !== undefined || scripted === undefined || flow === undefined || sound.includes(false)) return undefined;
  const { timeout, description } = written;
  const described = description === undefined ? {} : { description };
  return { test: { name, flow, timeout, turns, models: scripted.map(({ id }) => id), ...described }, scripted };
}

function cureOf(): string {
  return `Keys of a test: ${Object.keys(testEnvelope["properties"] as object).join(", ")}.`;
}

/** One run, or several: not both, and not none. */
function faultOfShape({ input, turns }: TestText, tree: KeyedNode, name: string): ProblemInput | undefined {
  const place = anchorOf(tree);
  if (input === undefined && turns === undefined) {
    return { code: "SLUICE_CONFIG_MISSING_KEY", message: `test \`${name}\` needs \`input\` or \`turns\``, place };
  }
  const beside = ["input", "answers", "expect"].map((key) => child(tree.node, key)).find((each) => each !== undefined);
  if (turns !== undefined && beside !== undefined) {
    const message = "`input`, `answers` and `expect` stand in each of the `turns`, and not beside them";
    return { code: "SLUICE_CONFIG_VALUE", message, place: anchorOf(beside), cure: "Keep one of the two forms." };
  }
  const inputs = turns === undefined ? [{ input }] : turns;
  const mixed = inputs.some(
    ({ input: each }) => typeof each === "object" && (each.text === undefined) === (each.code === undefined),
  );
  if (!mixed) return undefined;
  const message = `the input of test \`${name}\` is either a \`text\` or a \`code\``;
  return { code: "SLUICE_CONFIG_VALUE", message, place, cure: "Keep one of the two." };
}

function turnsOf({ input = "", answers = [], expect = {}, turns }: TestText, name: string): readonly PlannedTurn[] {
  const of = (turn: TurnText, segments: readonly string[]): PlannedTurn => ({
    input: typeof turn.input === "string" ? { text: turn.input } : turn.input,
    answers: turn.answers,
    expect: turn.expect,
    pointer: pointerOf(["tests", name, ...segments, "expect"]),
  });
  if (turns === undefined) return [of({ input, answers, expect }, [])];
  return turns.map((turn, index) => of(turn, ["turns", String(index)]));
}

/** Said, or as for any run: `run` for a program, `chat` for a question, else the only one. */
function flowOf(
  { flow }: TestText,
  [first]: readonly PlannedTurn[],
  tree: KeyedNode,
  { byId, flowNames, problems }: TestContext,
): string | undefined {
  const [only] = flowNames;
  const usual = first?.input.code === undefined ? "chat" : "run";
  const wanted = flow ?? (flowNames.has(usual) || flowNames.size !== 1 ? usual : (only ?? usual));
  if (flowNames.has(wanted) || byId.get(wanted)?.plugin?.manifest.kind === "model") return wanted;
  const own = child(tree.node, "flow");
  problems.add({
    code: "SLUICE_CONFIG_UNKNOWN_REFERENCE",
    message: `there is no flow \`${wanted}\``,
    suggestion: ranked(wanted, flowNames)[0],
    cure: `Flows: ${listed(flowNames)}.`,
    place: own === undefined ? anchorOf(tree) : own.node.place,
  });
  return undefined;
}

/** The kinds whose instances a script may stand in for, by the key of a test. */
const scriptable = { models: "model", sandboxes: "sandbox" } as const;

async function readScripts(
  part: keyof typeof scriptable,
  tree: KeyedNode,
  context: TestContext,
): Promise<readonly Draft[] | undefined> {
  const written = child(tree.node, part)?.node;
  if (written?.kind !== "map") return [];
  const kind = scriptable[part];
  const player = await playerOf(kind, context);
  const drafts: Draft[] = [];
  let sound = true;
  for (const [id, { key, value }] of written.entries) {
    const draft = await scriptedInstance(id, kind, { node: value, key }, player, context);
    if (draft?.config === undefined) sound = false;
    else drafts.push(draft);
  }
  return sound ? drafts : undefined;
}

/** The plugin of that kind that does as a script says. */
async function playerOf(wanted: string, { plugins }: TestContext): Promise<DiscoveredPlugin | undefined> {
  const all = await plugins.builtIns();
  return all.find(({ manifest: { kind, capabilities } }) => kind === wanted && capabilities?.includes("plays-scripts"));
}

/** The instance as if the profile had declared it with this script. */
async function scriptedInstance(
  id: string,
  wanted: "model" | "sandbox",
  script: KeyedNode,
  player: DiscoveredPlugin | undefined,
  context: TestContext,
): Promise<Draft | undefined> {
  const { byId, problems } = context;
  const own = byId.get(id);
  const place = anchorOf(script);
  if (own === undefined || own.plugin?.manifest.kind !== wanted) {
    const fitting = [...byId.values()].filter(({ plugin }) => plugin?.manifest.kind === wanted).map((each) => each.id);
    const kind = own?.plugin?.manifest.kind;
    problems.add({
      code: kind === undefined ? "SLUICE_CONFIG_UNKNOWN_REFERENCE" : "SLUICE_CONFIG_WRONG_KIND",
      message:
        kind === undefined
          ? `no ${wanted} \`${id}\` is declared under plugins`
          : `\`${id}\` is a ${kind}, and no ${wanted}`,
      suggestion: ranked(id, fitting)[0],
      cure: `Instances of kind ${wanted}: ${listed(fitting)}.`,
      place,
    });
    return undefined;
  }
  if (player === undefined) return undefined;
  const scalar = (value: string): ProfileNode => ({ kind: "scalar", place, value });
  const map = (entries: Readonly<Record<string, ProfileNode>>): MapNode => ({
    kind: "map",
    place,
    entries: new Map(Object.entries(entries).map(([key, value]) => [key, { key: place, value }])),
  });
  const options = map({ script: script.node });
  const tree = map({ use: scalar(player.manifest.name), with: options });
  return draftInstance(id, { node: tree, key: place }, { ...context, unset: [] });
}
