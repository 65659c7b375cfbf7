import type { PluginKind } from "../../contract/plugin.ts";
import { ranked } from "../../kit/text/nearest.ts";
import { listed, type Problems } from "../read/problems.ts";
import { nameOf, type SourcePlace } from "../read/source.ts";
import { anchorOf, locate, optionName } from "../read/tree.ts";
import type { Draft } from "../schema/draft-instances.ts";
import { transform } from "../schema/schema-walk.ts";

interface Reference {
  readonly from: Draft;
  readonly option: string;
  readonly place: SourcePlace;
  readonly to: string;
}

/**
 * Follows every option with `x-ref`: it must name an instance of that kind, or a flow; circles are errors; who needs an
 * absent instance is absent itself when it is optional.
 */
export function resolveReferences(drafts: readonly Draft[], flows: ReadonlySet<string>, problems: Problems): void {
  const byId = new Map(drafts.map((draft) => [draft.id, draft]));
  const references = drafts.flatMap((draft) => referencesOf(draft, byId, flows, problems));
  reportCycles([...references, ...servicesOf(drafts)], problems);
  spreadAbsence(references, byId, problems);
}

function referencesOf(
  draft: Draft,
  byId: ReadonlyMap<string, Draft>,
  flows: ReadonlySet<string>,
  problems: Problems,
): Reference[] {
  const references: Reference[] = [];
  const { plugin, known, withTree } = draft;
  if (plugin === undefined || known === undefined) return references;
  transform(plugin.manifest.config, known, (value, schema, segments) => {
    const kind = schema["x-ref"];
    if (typeof kind !== "string" || value === undefined || value === null) return value;
    const names: unknown[] = Array.isArray(value) ? value : [value];
    for (const [index, name] of names.entries()) {
      if (typeof name !== "string") continue;
      const { found } = locate(withTree, Array.isArray(value) ? [...segments, String(index)] : segments);
      if (found.node.kind === "scalar" && found.node.broken) continue;
      const reference = { from: draft, option: optionName(segments), place: found.node.place, to: name };
      if (kind === "flow") checkFlow(reference, flows, problems);
      else if (checkInstance(reference, kind as PluginKind, byId, problems)) references.push(reference);
    }
    if (kind !== "flow") draft.refs[segments.filter((segment) => !/^\d+$/.test(segment)).join(".")] = value as string;
    return undefined;
  });
  return references;
}

function checkFlow({ option, place, to }: Reference, flows: ReadonlySet<string>, problems: Problems): void {
  if (flows.has(to)) return;
  problems.add({
    code: "SLUICE_CONFIG_UNKNOWN_REFERENCE",
    message: `\`${option}\` names a flow \`${to}\` that does not exist`,
    suggestion: ranked(to, flows)[0],
    cure: `Flows: ${listed(flows)}.`,
    place,
  });
}

function checkInstance(
  { option, place, to }: Reference,
  kind: PluginKind,
  byId: ReadonlyMap<string, Draft>,
  problems: Problems,
): boolean {
  const fitting = [...byId.values()].filter((draft) => draft.plugin?.manifest.kind === kind).map((draft) => draft.id);
  const cure = `Instances of kind ${kind}: ${listed(fitting)}.`;
  const target = byId.get(to);
  if (target === undefined) {
    const message = `\`${option}\` names an instance \`${to}\` that does not exist`;
    problems.add({ code: "SLUICE_CONFIG_UNKNOWN_REFERENCE", message, suggestion: ranked(to, fitting)[0], cure, place });
    return false;
  }
  if (target.plugin === undefined) return false;
  if (target.plugin.manifest.kind === kind) return true;
  const message = `\`${option}\` must name a ${kind}, and \`${to}\` is a ${target.plugin.manifest.kind}`;
  problems.add({ code: "SLUICE_CONFIG_WRONG_KIND", message, cure, place });
  return false;
}

/** What an instance needs to be there first: what an option names, or who provides a token that its plugin requires. */
interface Need extends Pick<Reference, "from" | "place" | "to"> {
  readonly token?: string;
}

/** Who provides a token that nobody needs in turn is found when services are added; here it is only followed. */
function servicesOf(drafts: readonly Draft[]): Need[] {
  const present = drafts.filter(({ absent }) => absent === undefined);
  return present.flatMap((from) =>
    (from.plugin?.manifest.requires ?? []).flatMap((token) => {
      const provider = present.find(({ plugin }) => plugin?.manifest.provides?.includes(token));
      return provider === undefined ? [] : [{ from, token, to: provider.id, place: anchorOf(from.tree) }];
    }),
  );
}

/** Each circle once, at the need that closes it. */
function reportCycles(references: readonly Need[], problems: Problems): void {
  const done = new Set<string>();
  const visit = (id: string, path: readonly Need[]): void => {
    for (const reference of references.filter(({ from }) => from.id === id)) {
      const start = path.findIndex(({ from }) => from.id === reference.to);
      if (start !== -1 || reference.to === id) {
        reportCycle([...(start === -1 ? [] : path.slice(start)), reference], problems);
      } else if (!done.has(reference.to)) visit(reference.to, [...path, reference]);
    }
    done.add(id);
  };
  for (const { from } of references) if (!done.has(from.id)) visit(from.id, []);
}

/** Prints the way round: `a -> b -> a`, and the token by which one needs another where no option names it. */
function reportCycle(circle: readonly Need[], problems: Problems): void {
  const [first] = circle;
  const place = circle.at(-1)?.place ?? first?.place;
  if (first === undefined || place === undefined) return;
  const steps = circle.map(({ to, token }) => (token === undefined ? to : `${token} of ${to}`));
  const way = [first.from.id, ...steps].join(" -> ");
  const byService = circle.some(({ token }) => token !== undefined);
  problems.add({
    code: byService ? "SLUICE_PLUGIN_DEPENDENCY" : "SLUICE_CONFIG_CYCLE",
    message: `instances ${byService ? "need" : "refer to"} each other in a circle: ${way}`,
    place,
  });
}

/** A list of references goes on with those that are there; a single one, or a list without any, cannot. */
function spreadAbsence(references: readonly Reference[], byId: ReadonlyMap<string, Draft>, problems: Problems): void {
  const reported = new Set<string>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const { from, option, place, to } of references) {
      const reason = byId.get(to)?.absent;
      if (reason === undefined || from.absent !== undefined) continue;
      const refs = from.refs[option];
      const left = Array.isArray(refs) ? refs.filter((id: string) => byId.get(id)?.absent === undefined) : [];
      if (left.length > 0) {
        from.refs[option] = left;
      } else if (from.optional) {
        from.absent = `${to} is absent: ${reason}`;
        changed = true;
      } else if (!reported.has(`${from.id} ${to}`)) {
        reported.add(`${from.id} ${to}`);
        problems.add({
          code: "SLUICE_CONFIG_UNKNOWN_REFERENCE",
          message: `\`${from.id}\` needs \`${to}\`, which is absent: ${reason}`,
          cure: `Set what \`${to}\` needs, or mark \`${from.id}\` optional: true as well (${nameOf(anchorOf(from.tree))}).`,
          place,
        });
      }
    }
  }
}
