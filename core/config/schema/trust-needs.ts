import { hash } from "node:crypto";
import { isAbsolute, relative, resolve } from "node:path";
import type { JsonSchema } from "../../contract/json-schema.ts";
import { nameOf, type ProfileSource, realPath, type SourcePlace } from "../read/source.ts";
import { anchorOf, child, locate, optionName, type ProfileNode, segmentsOf, walkScalars } from "../read/tree.ts";
import type { TrustNeed } from "../read/trust.ts";
import type { Draft } from "./draft-instances.ts";
import { certainlyFits } from "./quick-check.ts";
import { secretNodes } from "./secrets.ts";

const secretVariable = /^\$\{env:\w*(TOKEN|KEY|SECRET|PASSWORD)\w*(:\?[^}]*)?\}$/;

type Need = (kind: TrustNeed["kind"], what: string, place: SourcePlace, value?: unknown) => void;

/** A model's name goes to its own provider alone, and an address is looked at by itself. */
const told = new Set(["model"]);

/** What a person has to allow once before a profile is run: what would reach beyond the sandbox and its own folder. */
export function trustNeeds(
  drafts: readonly Draft[],
  root: ProfileNode | undefined,
  sources: readonly ProfileSource[],
): readonly TrustNeed[] {
  const needs: TrustNeed[] = [];
  const need: Need = (kind, what, place, value = null) =>
    needs.push({ kind, what, at: nameOf(place), digest: hash("sha256", JSON.stringify(value)) });
  for (const source of outsiders(sources)) {
    need("file", `extends ${source.name}, outside of the profile's folder`, { source });
  }
  if (root === undefined) return needs;
  walkScalars(root, ({ files, place }) => {
    for (const path of files ?? []) {
      if (isOutside(resolve(place.source.folder, path), place.source.folder)) {
        need("file", `reads the file ${path}, outside of its folder`, place);
      }
    }
  });
  for (const draft of drafts) {
    if (draft.plugin === undefined || draft.implicit || draft.absent !== undefined) continue;
    if (draft.plugin.origin !== "built-in")
      need("code", `\`${draft.id}\` runs the code of a plugin`, anchorOf(draft.tree));
    else optionNeeds(draft, need);
    deliveryNeeds(draft, need);
  }
  return needs;
}

/** Of what was read, that which lies outside of the profile's own folder. */
export function outsiders([main, ...others]: readonly ProfileSource[]): readonly ProfileSource[] {
  return main === undefined ? [] : others.filter(({ path }) => isOutside(path, main.folder));
}

function deliveryNeeds({ id, tree, deliver: { deadLetter } }: Draft, need: Need): void {
  const { found } = locate(tree, ["deliver", "deadLetter"]);
  const { place } = found.node;
  if (deadLetter === undefined || !("file" in deadLetter) || !isOutside(deadLetter.file, place.source.folder)) return;
  need("option", `\`${id}\` writes what it refuses to ${deadLetter.file}, outside of its folder`, place);
}

/** By the manifest: options that reach far, where they are the user's own, and addresses that a variable is sent to. */
function optionNeeds({ id, plugin, known, withTree }: Draft, need: Need): void {
  if (plugin === undefined || known === undefined) return;
  const { trust = {}, origin, config } = plugin.manifest;
  const secrets = secretNodes(config, known, withTree);
  for (const [pointer, rule] of Object.entries(trust)) {
    const segments = segmentsOf(pointer);
    const { found, rest } = locate(withTree, segments);
    const { place } = found.node;
    const value = segments.reduce<unknown>(
      (inner, key) => (inner as Record<string, unknown> | undefined)?.[key],
      known,
    );
    if (rest.length > 0) continue;
    if (rule === "literal" ? !hasLiteral(found.node, secrets) : !asks(rule, value, place)) continue;
    const what = segments.length === 0 ? `uses ${plugin.manifest.name}` : `sets \`${optionName(segments)}\``;
    need("option", `\`${id}\` ${what}`, place, value);
  }
  passedOn({ id, plugin, known, withTree }, need);
  const address = origin === undefined ? undefined : child(withTree.node, origin)?.node;
  if (address === undefined || !hasVariables(withTree.node)) return;
  const addresses: string[] = [];
  walkScalars(address, ({ value }) => addresses.push(String(value)));
  if (addresses.every(isLocal)) return;
  const what = `\`${id}\` sends what its variables hold to the address of \`${origin}\``;
  need("key", what, address.place, addresses);
}

/**
 * What a variable holds reaches programs, and by a conversation every model of the profile, wherever that is. A secret
 * option is masked in all of that.
 */
function passedOn(
  { id, plugin, known, withTree }: Pick<Draft, "id" | "plugin" | "known" | "withTree">,
  need: Need,
): void {
  if (plugin === undefined || !["model", "sandbox", "stage"].includes(plugin.manifest.kind)) return;
  if (withTree.node.kind !== "map") return;
  const { config, origin } = plugin.manifest;
  const secrets = secretNodes(config, known, withTree);
  for (const [key, { value: node }] of withTree.node.entries) {
    if (told.has(key) || key === origin) continue;
    walkScalars(node, (scalar) => {
      if (secrets.has(scalar) || !(scalar.broken === true || (scalar.variables ?? []).length > 0)) return;
      need("key", `\`${id}\` passes on what variables hold by \`${key}\``, scalar.place, key);
    });
  }
}

/** Whether its author may know one of its secrets. `${env:PATH}` can be guessed, and a default stands in the profile. */
function hasLiteral(node: ProfileNode, secrets: ReadonlySet<ProfileNode>): boolean {
  const written: string[] = [];
  walkScalars(node, (scalar) => {
    if (secrets.has(scalar)) written.push(scalar.written ?? String(scalar.value));
  });
  return written.length === 0 || !written.every((text) => secretVariable.test(text));
}

function asks(rule: JsonSchema | "outside" | "elsewhere", value: unknown, place: SourcePlace): boolean {
  if (rule === "elsewhere") return [value].flat().some((each) => typeof each === "string" && !isLocal(each));
  if (rule !== "outside") return certainlyFits(rule, value);
  return typeof value === "string" && isOutside(value, place.source.folder);
}

function hasVariables(node: ProfileNode): boolean {
  let found = false;
  walkScalars(node, ({ variables, broken }) => {
    found ||= broken === true || (variables ?? []).length > 0;
  });
  return found;
}

function isLocal(address: string): boolean {
  try {
    // `localhost:8000` would be of a scheme of that name.
    const { hostname } = new URL(address.includes("://") ? address : `tcp://${address}`);
    return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
  } catch {
    return false;
  }
}

/** Links are followed: a name inside the folder may lead out of it. */
function isOutside(path: string, folder: string): boolean {
  const way = relative(realPath(folder), realPath(path));
  return way.startsWith("..") || isAbsolute(way);
}
