import { errorEntry } from "../../contract/error-codes/index.ts";
import { eventNames, eventSchema } from "../../kit/events/event-schema.ts";
import { nearest } from "../../kit/text/nearest.ts";
import type { Problems } from "../read/problems.ts";
import type { SourcePlace } from "../read/source.ts";
import { anchorOf, type KeyedNode, locate, segmentsOf } from "../read/tree.ts";
import type { Draft } from "../schema/draft-instances.ts";
import type { Expectation, TextExpectation } from "./planned-test.ts";

interface Context {
  readonly byId: ReadonlyMap<string, Draft>;
  readonly problems: Problems;
}

/** Whether it can be met at all: what nothing can ever match is a mistake. `tree` is the test's. */
export function checkExpectation(expect: Expectation, pointer: string, tree: KeyedNode, context: Context): boolean {
  const { problems } = context;
  const at = (...segments: readonly string[]): SourcePlace => {
    const { found } = locate(tree, [...segmentsOf(pointer).slice(2), ...segments]);
    return found.node.kind === "scalar" ? found.node.place : anchorOf(found);
  };
  let sound = true;
  const refuse = (problem: Parameters<Problems["add"]>[0]): void => {
    sound = false;
    problems.add(problem);
  };
  for (const name of ["text", "stdout", "stderr"] as const) {
    const fault = faultOfPattern(expect[name]);
    if (fault === undefined) continue;
    const message = `\`${name}\` matches by \`${fault}\`, which is no regular expression`;
    refuse({ code: "SLUICE_CONFIG_VALUE", message, place: at(name, "matches"), cure: "Correct the expression." });
  }
  for (const [index, code] of (expect.errors ?? []).entries()) {
    if (errorEntry(code) !== undefined) continue;
    const cure = "Take one of docs/errors.md, or one that a plugin of the profile declares.";
    refuse({
      code: "SLUICE_CONFIG_VALUE",
      message: `there is no error \`${code}\``,
      place: at("errors", `${index}`),
      cure,
    });
  }
  const patterns = [
    ...(expect.events ?? []).map((each, index) =>
      typeof each === "string"
        ? { pattern: each, place: at("events", `${index}`) }
        : { pattern: each.event, place: at("events", `${index}`, "event") },
    ),
    ...(expect.without ?? []).map((pattern, index) => ({ pattern, place: at("without", `${index}`) })),
  ];
  for (const { pattern, place } of patterns) {
    const fault = faultOfEvent(pattern, context.byId);
    if (fault !== undefined) refuse({ code: "SLUICE_CONFIG_UNKNOWN_REFERENCE", ...fault, place });
  }
  return sound;
}

function faultOfPattern(expected: TextExpectation | undefined): string | undefined {
  if (typeof expected !== "object" || expected.matches === undefined) return undefined;
  try {
    new RegExp(expected.matches, "su");
    return undefined;
  } catch {
    return expected.matches;
  }
}

/** Only names that are written out are judged. */
function faultOfEvent(
  pattern: string,
  byId: ReadonlyMap<string, Draft>,
): { message: string; suggestion?: string | undefined; cure: string } | undefined {
  const [source = "", ...rest] = pattern.split(".");
  const type = rest.join(".");
  const sources = ["core", ...byId.keys()];
  if (!/[*?]/.test(source) && !sources.includes(source)) {
    const cure = `Begin with an instance, with \`core\`, or with \`*\`.`;
    return { message: `no event comes from \`${source}\``, suggestion: nearest(source, sources), cure };
  }
  if (type === "" || /[*?]/.test(type) || eventSchema(type) !== undefined) return undefined;
  const cure = "The types of events are in schema/events/.";
  return { message: `there is no event \`${type}\``, suggestion: nearest(type, eventNames()), cure };
}
