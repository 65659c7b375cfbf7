import { mayRepeat, type RunHead, settle, takeover, writeOn } from "../../../../core/kit/cluster/ownership.ts";

/** The rules of ownership, and those of the servers: a test may plant a fault in each. */
export const soundRules = {
  takeover,
  settle,
  writeOn,
  mayRepeat,
  /** Whether the stream takes a message that says it follows number `expected`. */
  takes: (length: number, expected: number) => length === expected,
  /** Whether a host that has sent its first message works before it knows that it was taken. */
  worksUnheard: false,
};

export type Rules = typeof soundRules;

export type Kind = "start" | "rewind" | "event" | "end" | "lost";

/** A message of the run's journal; its number is its place, from 1. */
export interface Message {
  readonly kind: Kind;
  readonly host: number;
  readonly attempt: number;
}

interface Sent extends Message {
  readonly expected: number;
}

/** What one host does with the run. */
export interface HostState {
  readonly alive: boolean;
  readonly linked: boolean;
  /** It has: nothing; the item; the item, and read what the journal says; a claim to make; the run; an end as `lost` to write. */
  readonly phase: "idle" | "asked" | "again" | "claiming" | "working" | "judging";
  /** The message that its next one follows. */
  readonly message: number;
  readonly attempt: number;
  /** On its way to the servers, and whether they have answered already. */
  readonly sent: Sent | undefined;
  readonly answer: "taken" | "refused" | undefined;
  readonly doubt: boolean;
}

export interface World {
  readonly log: readonly Message[];
  /** The item is in the queue. Any host may be given it at any time: what the queue promises about that is not relied on. */
  readonly item: boolean;
  readonly hosts: readonly HostState[];
  /** Messages of broken connections that may still arrive. */
  readonly strays: readonly Sent[];
  /** Times that some host began its work. */
  readonly works: number;
  /** Faults and other costly moves that may still be made. */
  readonly left: { readonly kills: number; readonly cuts: number; readonly events: number; readonly pulls: number };
}

export interface Scope {
  readonly hosts: number;
  readonly attempts: number;
  readonly kills: number;
  readonly cuts: number;
  readonly events: number;
  readonly pulls: number;
  readonly rules: Rules;
}

export interface Move {
  readonly name: string;
  readonly to: World;
}

const fresh: HostState = {
  ...{ alive: true, linked: true, phase: "idle", message: 0, attempt: 0 },
  ...{ sent: undefined, answer: undefined, doubt: false },
};

export function beginning({ hosts, kills, cuts, events, pulls }: Scope): World {
  const all = Array.from({ length: hosts }, () => fresh);
  return { log: [], item: true, hosts: all, strays: [], works: 0, left: { kills, cuts, events, pulls } };
}

/** What a host reads of the journal; each message holds one event. */
function headOf(log: readonly Message[]): RunHead | undefined {
  const last = log.at(-1);
  if (last === undefined) return undefined;
  const [host, end] = [String(last.host), last.kind === "end" || last.kind === "lost"];
  return { message: log.length, last: log.length, host, writer: host, end, attempt: last.attempt };
}

/** Every move that may be the next one. */
export function movesOf(world: World, scope: Scope): readonly Move[] {
  const hosts = world.hosts.flatMap((host, id) => [
    ...(host.alive && host.linked ? [...takingMoves(world, scope, id), ...writingMoves(world, scope, id)] : []),
    ...faultMoves(world, id),
  ]);
  const network = [
    ...world.hosts.flatMap((host, id) => (host.sent && host.answer === undefined ? [arrival(world, scope, id)] : [])),
    ...world.strays.map((stray, index): Move => {
      const strays = world.strays.toSpliced(index, 1);
      return {
        name: `late ${stray.kind} of ${stray.host} arrives`,
        to: take({ ...world, strays }, scope, stray).world,
      };
    }),
  ];
  return [...hosts, ...network];
}

function takingMoves(world: World, { attempts, rules }: Scope, id: number): Move[] {
  const host = world.hosts[id] ?? fresh;
  const head = headOf(world.log);
  const moves: Move[] = [];
  const move = (name: string, changes: Partial<HostState>, more: Partial<World> = {}) =>
    moves.push({ name: `${id} ${name}`, to: { ...withHost(world, id, changes), ...more } });
  if (host.phase === "idle" && world.item && world.left.pulls > 0) {
    move("is given the item", { phase: "asked" }, { left: { ...world.left, pulls: world.left.pulls - 1 } });
  }
  if (host.phase === "asked") {
    // Whether the other host lives is judged rightly or wrongly: nothing may depend on it.
    for (const alive of [true, false]) {
      const next = rules.takeover(head, attempts, (other) => other === String(id) || alive);
      if (next === "over") move("finds it over", { phase: "idle" }, { item: false });
      else if (next === "wait") move("waits", { phase: "idle" });
      else if (head === undefined) move("claims", { phase: "claiming", message: 0, attempt: 1 });
      else move("goes on", { phase: "again", message: head.last, attempt: head.attempt + 1 });
    }
  }
  if (host.phase === "again") {
    const stand = rules.writeOn(head, host.message);
    if (typeof stand === "string") move("finds it taken", { phase: "idle" });
    else move("claims again", { phase: "claiming", message: stand.message });
  }
  const judges = host.phase === "idle" && head !== undefined && !head.end && head.host !== String(id);
  if (judges && !(world.item && rules.mayRepeat(head.attempt, attempts))) {
    move("finds the owner dead", { phase: "judging", message: head.message, attempt: head.attempt });
  }
  return moves;
}

function writingMoves(world: World, scope: Scope, id: number): Move[] {
  const { rules } = scope;
  const host = world.hosts[id] ?? fresh;
  const moves: Move[] = [];
  const move = (name: string, changes: Partial<HostState>, more: Partial<World> = {}) =>
    moves.push({ name: `${id} ${name}`, to: { ...withHost(world, id, changes), ...more } });
  if (host.doubt) {
    const head = headOf(world.log);
    const stand = rules.settle({ last: host.message, message: host.message }, head, String(id));
    if (typeof stand === "string") move("finds it taken", idle);
    else if (stand.message > host.message) moves.push(accepted(world, id, stand.message));
    else move("finds nothing kept", { doubt: false, sent: undefined });
    return moves;
  }
  if (host.answer === "taken") return [accepted(world, id, host.message + 1)];
  if (host.answer === "refused") {
    move("is refused", { doubt: true, sent: undefined, answer: undefined });
    return moves;
  }
  if (host.sent !== undefined) return moves;
  const send = (kind: Kind, more: Partial<World> = {}) => {
    const { message: expected, attempt } = host;
    move(`sends ${kind}`, { sent: { kind, host: id, attempt, expected } }, more);
  };
  const early = rules.worksUnheard ? { works: world.works + 1 } : {};
  if (host.phase === "claiming") send(host.attempt === 1 ? "start" : "rewind", early);
  if (host.phase === "judging") send("lost");
  if (host.phase === "working") send("end");
  const { left } = world;
  if (host.phase === "working" && left.events > 0) send("event", { left: { ...left, events: left.events - 1 } });
  return moves;
}

const idle: Partial<HostState> = { phase: "idle", doubt: false, sent: undefined, answer: undefined };

/** The host knows that its message is kept. */
function accepted(world: World, id: number, message: number): Move {
  const host = world.hosts[id] ?? fresh;
  const kept = { message, doubt: false, sent: undefined, answer: undefined };
  const name = `${id} hears that it is kept`;
  if (host.phase === "claiming") {
    const works = world.works + 1;
    return { name, to: { ...withHost(world, id, { ...kept, phase: "working" }), works } };
  }
  const last = world.log[message - 1];
  if (last?.kind !== "end" && last?.kind !== "lost") return { name, to: withHost(world, id, kept) };
  return { name, to: { ...withHost(world, id, { ...idle, message }), item: false } };
}

function faultMoves(world: World, id: number): Move[] {
  const host = world.hosts[id] ?? fresh;
  const { left } = world;
  const strays = host.sent && host.answer === undefined ? [...world.strays, host.sent] : world.strays;
  const moves: Move[] = [];
  if (host.alive && left.kills > 0) {
    const to = withHost(world, id, { ...idle, alive: false });
    moves.push({ name: `${id} dies`, to: { ...to, strays, left: { ...left, kills: left.kills - 1 } } });
  }
  if (host.alive && host.linked && left.cuts > 0) {
    const lost = { sent: undefined, answer: undefined, doubt: host.doubt || host.sent !== undefined, linked: false };
    const to = { ...withHost(world, id, lost), left: { ...left, cuts: left.cuts - 1 } };
    moves.push({ name: `${id} is cut off`, to });
    if (strays !== world.strays) moves.push({ name: `${id} is cut off, its message under way`, to: { ...to, strays } });
  }
  if (host.alive && !host.linked) moves.push({ name: `${id} is back`, to: withHost(world, id, { linked: true }) });
  return moves;
}

function arrival(world: World, scope: Scope, id: number): Move {
  const sent = world.hosts[id]?.sent;
  if (sent === undefined) return { name: "", to: world };
  const { world: to, taken } = take(world, scope, sent);
  const answer = taken ? "taken" : "refused";
  return { name: `${sent.kind} of ${id} is ${answer}`, to: withHost(to, id, { answer }) };
}

function take(world: World, { rules }: Scope, { expected, ...message }: Sent): { world: World; taken: boolean } {
  if (!rules.takes(world.log.length, expected)) return { world, taken: false };
  return { world: { ...world, log: [...world.log, message] }, taken: true };
}

function withHost(world: World, id: number, changes: Partial<HostState>): World {
  return { ...world, hosts: world.hosts.map((host, index) => (index === id ? { ...host, ...changes } : host)) };
}

/** What is wrong with a world; undefined where nothing is. */
export function faultOf({ log, works }: World, { attempts }: Scope): string | undefined {
  let owner: number | undefined;
  let begun = 0;
  for (const [index, { kind, host, attempt }] of log.entries()) {
    const before = log[index - 1]?.kind;
    if (before === "end" || before === "lost") return `${kind} of ${host} comes after the end`;
    if (kind === "start" || kind === "rewind") {
      if ((kind === "start") !== (index === 0)) return `${kind} of ${host} is message ${index + 1}`;
      owner = host;
      begun += 1;
      if (attempt !== begun || begun > attempts) return `${kind} of ${host} is attempt ${attempt}, and host ${begun}`;
    } else if (kind !== "lost" && host !== owner) return `${kind} of ${host} in a run of ${owner}`;
  }
  return works > begun ? `${works} hosts worked, and the journal knows ${begun}` : undefined;
}
