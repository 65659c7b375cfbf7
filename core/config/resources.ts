import type { Draft } from "./instances.ts";
import type { ProblemInput, Problems } from "./problems.ts";
import { nameOf, type Place } from "./source.ts";
import { anchorOf, locate, segmentsOf } from "./tree.ts";
import { parseAddress } from "./units.ts";

interface Claim {
  readonly draft: Draft;
  readonly place: Place;
  readonly scheme: string;
  /** The first value of the template: the address of `tcp` and `door`. */
  readonly first: string;
  /** The whole template, filled in. */
  readonly text: string;
}

/** Two instances that claim one port, one path on a shared port, or one file. */
export function checkResources(drafts: readonly Draft[], problems: Problems): void {
  const claims: Claim[] = [];
  for (const draft of drafts) {
    if (draft.absent !== undefined) continue;
    for (const template of draft.plugin?.manifest.resources ?? []) {
      const claim = claimOf(draft, template);
      if (claim === undefined) continue;
      const other = claims.find((earlier) => earlier.draft !== draft && collide(earlier, claim));
      if (other !== undefined) report(claim, other, problems);
      claims.push(claim);
    }
  }
}

function claimOf(draft: Draft, template: string): Claim | undefined {
  const colon = template.indexOf(":");
  const rest = template.slice(colon + 1);
  const pattern = rest.includes("{") ? rest : `{${rest}}`;
  const values: string[] = [];
  let place: Place | undefined;
  let complete = true;
  const text = pattern.replace(/\{([^}]*)\}/g, (_, pointer: string) => {
    const segments = segmentsOf(pointer);
    const value = valueAt(draft.known, segments);
    if (value === undefined || value === null) complete = false;
    else values.push(String(value));
    const { found, rest: missing } = locate(draft.withTree, segments);
    if (missing.length === 0) place ??= found.node.place;
    if (found.node.kind === "scalar" && found.node.broken) complete = false;
    return String(value);
  });
  if (!complete) return undefined;
  return {
    draft,
    place: place ?? anchorOf(draft.tree),
    scheme: template.slice(0, colon),
    first: values[0] ?? "",
    text: text.trimEnd(),
  };
}

function valueAt(value: unknown, segments: readonly string[]): unknown {
  let current = value;
  for (const segment of segments) current = (current as Record<string, unknown> | null | undefined)?.[segment];
  return current;
}

function collide(a: Claim, b: Claim): boolean {
  const port = (claim: Claim) => claim.scheme === "tcp" || claim.scheme === "door";
  if (!port(a) || !port(b)) return a.scheme === b.scheme && a.text === b.text;
  if (!onePort(a.first, b.first)) return false;
  const shared = a.scheme === "door" && b.scheme === "door" && hostOf(a.first) === hostOf(b.first);
  return !shared || a.text.slice(a.first.length) === b.text.slice(b.first.length);
}

/** Whether both addresses cannot be listened on: same port, and one host, or a host that stands for all. Port 0 is any. */
function onePort(a: string, b: string): boolean {
  const port = parseAddress(a)?.port;
  if (port === undefined || port === 0 || port !== parseAddress(b)?.port) return false;
  const hosts = [hostOf(a), hostOf(b)];
  return hosts[0] === hosts[1] || hosts.some((host) => host === "0.0.0.0" || host === "[::]");
}

function hostOf(address: string): string {
  return parseAddress(address)?.host.toLowerCase() ?? "";
}

function report(claim: Claim, other: Claim, problems: Problems): void {
  const door = claim.scheme === "door" && other.scheme === "door" && claim.text === other.text;
  const what = claim.text === other.text ? claim.text : `${claim.first}, which is ${other.first} as well`;
  const by = other.place.range === undefined ? "" : ` (${nameOf(other.place)})`;
  problems.add({
    code: door ? "SLUICE_DOOR_CLAIMED" : "SLUICE_CONFIG_RESOURCE_CONFLICT",
    message: `\`${claim.draft.id}\` claims ${what}, and so does \`${other.draft.id}\`${by}`,
    place: claim.place,
  });
}

/** A transport that others than this machine can reach must ask for a token; one that asks for none is warned of. */
export function checkExposure(drafts: readonly Draft[], problems: Problems): void {
  for (const { id, plugin, known, withTree, absent } of drafts) {
    const listen = known?.["listen"];
    if (plugin?.manifest.kind !== "transport" || absent !== undefined || typeof listen !== "string") continue;
    const options = (plugin.manifest.config["properties"] ?? {}) as object;
    const secret = "key" in options ? "key" : "token";
    const host = hostOf(listen);
    const keyless = known?.["key"] === "none";
    if (keyless) problems.add(warningOf(id, locate(withTree, ["key"]).found.node.place));
    if (host === "[::1]" || /^127\./.test(host) || host === "") continue;
    if (!keyless && [secret, "tokens"].some((name) => isGiven(known?.[name]))) continue;
    problems.add({
      code: "SLUICE_CONFIG_UNSAFE",
      message: `\`${id}\` listens on ${listen}, which other machines can reach, without a ${secret}`,
      place: locate(withTree, ["listen"]).found.node.place,
      cure:
        secret in options
          ? `Bind to 127.0.0.1, or set ${secret}: "\${env:SLUICE_TOKEN}".`
          : "Bind to 127.0.0.1; this transport knows no token.",
    });
  }
}

function warningOf(id: string, place: Place): ProblemInput {
  return {
    severity: "warning",
    code: "SLUICE_CONFIG_KEYLESS",
    message: `\`${id}\` asks for no key: every program of this machine can run code through it`,
    place,
  };
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== "";
}
