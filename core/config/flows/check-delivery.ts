import { ranked } from "../../kit/text/nearest.ts";
import type { DeliveryPolicy } from "../plan.ts";
import { listed, type Problems } from "../read/problems.ts";
import { locate } from "../read/tree.ts";
import type { Draft } from "../schema/draft-instances.ts";
import { claimsFile } from "./resources.ts";

const file = "A file's path has a `/` or a `.`, such as ./dead.ndjson.";

/** Where sinks send what they refuse: to another sink and never round in a circle, or to a file that is nobody else's. */
export function checkDelivery(drafts: readonly Draft[], problems: Problems): void {
  const sinks = drafts.filter(({ plugin }) => plugin?.manifest.kind === "sink");
  for (const draft of sinks) {
    const { deadLetter } = draft.deliver;
    if (deadLetter === undefined) continue;
    const { place } = locate(draft.tree, ["deliver", "deadLetter"]).found.node;
    if ("file" in deadLetter) {
      const holder = drafts.find((other) => claimsFile(other, deadLetter.file));
      if (holder === undefined) continue;
      const message = `\`deadLetter\` of \`${draft.id}\` is ${deadLetter.file}, which \`${holder.id}\` writes`;
      problems.add({ code: "SLUICE_CONFIG_RESOURCE_CONFLICT", message, place, cure: "Name a file of its own." });
    } else checkSink(draft, deadLetter.sink, drafts, problems);
  }
}

function checkSink(draft: Draft, to: string, drafts: readonly Draft[], problems: Problems): void {
  const { place } = locate(draft.tree, ["deliver", "deadLetter"]).found.node;
  const others = drafts.filter((each) => each !== draft && each.plugin?.manifest.kind === "sink").map(({ id }) => id);
  const cure = `Other sinks: ${listed(others)}. ${file}`;
  const target = drafts.find(({ id }) => id === to);
  if (target === undefined) {
    const message = `\`deadLetter\` names an instance \`${to}\` that does not exist`;
    problems.add({ code: "SLUICE_CONFIG_UNKNOWN_REFERENCE", message, suggestion: ranked(to, others)[0], cure, place });
    return;
  }
  const kind = target.plugin?.manifest.kind;
  if (kind === undefined) return;
  if (kind !== "sink") {
    const message = `\`deadLetter\` must name a sink, and \`${to}\` is a ${kind}`;
    problems.add({ code: "SLUICE_CONFIG_WRONG_KIND", message, cure, place });
    return;
  }
  const circle = circleFrom(draft, drafts);
  // Told once, by the first of those that are in it.
  if (circle === undefined || circle.slice(1, -1).some((id) => indexOf(drafts, id) < indexOf(drafts, draft.id))) return;
  const message = `sinks send each other what they refuse, in a circle: ${circle.join(" -> ")}`;
  problems.add({ code: "SLUICE_CONFIG_CYCLE", message, place });
}

/** The way from a sink back to itself. */
function circleFrom(start: Draft, drafts: readonly Draft[]): readonly string[] | undefined {
  const way = [start.id];
  for (let at: Draft | undefined = start; at !== undefined; ) {
    const deadLetter: DeliveryPolicy["deadLetter"] = at.deliver.deadLetter;
    if (deadLetter === undefined || !("sink" in deadLetter)) return undefined;
    const sink: string = deadLetter.sink;
    if (sink === start.id) return [...way, sink];
    // A circle of others, which they tell themselves.
    if (way.includes(sink)) return undefined;
    way.push(sink);
    at = drafts.find(({ id }) => id === sink);
  }
  return undefined;
}

function indexOf(drafts: readonly Draft[], id: string): number {
  return drafts.findIndex((draft) => draft.id === id);
}
