import { normalize } from "node:path";
import type { PlannedInstance } from "../plan.ts";
import type { ProblemInput, Problems } from "../read/problems.ts";
import { nameOf, type SourcePlace } from "../read/source.ts";
import { anchorOf, locate, segmentsOf } from "../read/tree.ts";
import type { Draft } from "../schema/draft-instances.ts";
import { parseAddress } from "../schema/units.ts";

/** What one instance holds alone. */
interface ResourceClaim {
  readonly scheme: string;
  /** The first value of the template: the address of `tcp` and `mount`. */
  readonly first: string;
  /** The whole template, filled in. */
  readonly text: string;
  /** What a `mount` serves at its address. */
  readonly mount?: Mount;
}

interface Claim extends ResourceClaim {
  readonly draft: Draft;
  readonly place: SourcePlace;
}

/** Whether two instances cannot be up at once: both want one port, one path on it, or one file. */
export function claimOneResource(a: PlannedInstance, b: PlannedInstance): boolean {
  const of = ({ plugin, config }: PlannedInstance): ResourceClaim[] =>
    (plugin.manifest.resources ?? []).flatMap((template) => filled(template, config) ?? []);
  if (a.absent !== undefined || b.absent !== undefined) return false;
  const claims = of(b);
  return of(a).some((claim) => claims.some((other) => collide(claim, other)));
}

/** Whether the instance holds that file alone. */
export function claimsFile({ plugin, known }: Draft, path: string): boolean {
  return (plugin?.manifest.resources ?? []).some((template) => {
    const claim = filled(template, known);
    return claim?.scheme === "file" && claim.text === normalize(path);
  });
}

interface Mount {
  readonly path: string;
  /** Methods of plain requests, empty for all; undefined for WebSockets. */
  readonly methods?: readonly string[];
  /** WebSocket subprotocol; empty for clients that ask for none. */
  readonly subprotocol: string;
}

/** Two instances that claim one port, one path on a shared port, or one file. Each pair is told once. */
export function checkResources(drafts: readonly Draft[], problems: Problems): void {
  const claims: Claim[] = [];
  for (const draft of drafts) {
    if (draft.absent !== undefined) continue;
    const told = new Set<Draft>();
    for (const template of draft.plugin?.manifest.resources ?? []) {
      const claim = claimOf(draft, template);
      if (claim === undefined) continue;
      const other = claims.find((earlier) => earlier.draft !== draft && collide(earlier, claim));
      if (other !== undefined && !told.has(other.draft)) report(claim, other, problems);
      if (other !== undefined) told.add(other.draft);
      claims.push(claim);
    }
  }
}

/** Undefined where a pointer leads to no value, or one with a question mark to nothing that is on. */
function claimOf(draft: Draft, template: string): Claim | undefined {
  const claim = filled(template, draft.known);
  if (claim === undefined) return undefined;
  let place: SourcePlace | undefined;
  for (const [, pointer = ""] of patternOf(template).matchAll(pointers)) {
    const { found, rest } = locate(draft.withTree, segmentsOf(pointer));
    if (found.node.kind === "scalar" && found.node.broken) return undefined;
    if (rest.length === 0) place ??= found.node.place;
  }
  return { draft, place: place ?? anchorOf(draft.tree), ...claim };
}

const pointers = /\{([^}?]*)(\??)\}/g;

/** The template behind the scheme, with its pointers in braces. */
function patternOf(template: string): string {
  const rest = template.slice(template.indexOf(":") + 1);
  return rest.includes("{") ? rest : `{${rest}}`;
}

function filled(template: string, config: unknown): ResourceClaim | undefined {
  const scheme = template.slice(0, template.indexOf(":"));
  const values: string[] = [];
  let complete = true;
  const whole = patternOf(template).replace(pointers, (_, pointer: string, question: string) => {
    const value = valueAt(config, segmentsOf(pointer));
    if (value === undefined || value === null) complete = false;
    if (question !== "") {
      if (value === false || value === "off") complete = false;
      return "";
    }
    values.push(String(value));
    return String(value);
  });
  if (!complete) return undefined;
  const [first = "", text] = [values[0], whole.trim()];
  return {
    ...{ scheme, first, text: scheme === "file" ? normalize(text) : text },
    ...(scheme === "mount" ? { mount: mountOf(text.slice(first.length)) } : {}),
  };
}

function mountOf(text: string): Mount {
  const [path = "/", what = ""] = text.trim().split(/\s+/);
  const [, isHttp, methods = ""] = /^(http)(?::(.*))?$/.exec(what) ?? [];
  if (isHttp === undefined) return { path: plainPath(path), subprotocol: what };
  return { path: plainPath(path), subprotocol: "", methods: methods.split(",").filter(Boolean) };
}

/** Paths that clients take for one: `/a`, `/a/`, `//a`, `/b/../a` and `/%61`. */
function plainPath(path: string): string {
  const { pathname } = new URL(`http://host/${path.replace(/^\/+/, "")}`);
  const plain = pathname.replace(/%([0-9A-Fa-f]{2})/g, (whole, code: string) => {
    const character = String.fromCharCode(Number.parseInt(code, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : whole.toUpperCase();
  });
  return plain.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
}

function valueAt(value: unknown, segments: readonly string[]): unknown {
  let current = value;
  for (const segment of segments) current = (current as Record<string, unknown> | null | undefined)?.[segment];
  return current;
}

function collide(a: ResourceClaim, b: ResourceClaim): boolean {
  const port = (claim: ResourceClaim) => claim.scheme === "tcp" || claim.scheme === "mount";
  if (!port(a) || !port(b)) return a.scheme === b.scheme && a.text === b.text;
  // One server listens for all mounts of one address, whatever port it is given where that is 0.
  if (a.mount !== undefined && b.mount !== undefined && a.first === b.first) return sameMount(a.mount, b.mount);
  return onePort(a.first, b.first);
}

function sameMount(a: Mount, b: Mount): boolean {
  if (a.path !== b.path) return false;
  const [left, right] = [a.methods, b.methods];
  if (left === undefined || right === undefined) return left === right && a.subprotocol === b.subprotocol;
  return left.length === 0 || right.length === 0 || left.some((method) => right.includes(method));
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
  const mount = claim.mount !== undefined && other.mount !== undefined && claim.first === other.first;
  const same = claim.first === other.first || claim.scheme === "file";
  const what = mount ? nameOfMount(claim) : same ? claim.text : `${claim.first}, which is ${other.first} as well`;
  const by = other.place.range === undefined ? "" : ` (${nameOf(other.place)})`;
  problems.add({
    code: mount ? "SLUICE_MOUNT_CLAIMED" : "SLUICE_CONFIG_RESOURCE_CONFLICT",
    message: `\`${claim.draft.id}\` claims ${what}, and so does \`${other.draft.id}\`${by}`,
    place: claim.place,
  });
}

/** `GET /heartbeat on 127.0.0.1:8000`, `WebSockets on / of 127.0.0.1:8000`. */
function nameOfMount({ mount, first }: Claim): string {
  const { path, methods, subprotocol } = mount ?? { path: "", subprotocol: "" };
  if (methods === undefined) return `${subprotocol || "WebSockets"} on ${path} of ${first}`;
  return `${methods.join(",") || "requests"} on ${path} of ${first}`;
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

function warningOf(id: string, place: SourcePlace): ProblemInput {
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
