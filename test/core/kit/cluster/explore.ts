import { beginning, faultOf, type Move, movesOf, type Scope, type World } from "./ownership-model.ts";

export interface Finding {
  readonly fault: string;
  /** The moves that led to it. */
  readonly moves: readonly string[];
}

/** Every world that any order of moves leads to, each once. */
export function exhaust(scope: Scope, most: number): { worlds: number; whole: boolean; finding?: Finding } {
  const first = beginning(scope);
  const seen = new Map<string, { readonly from: string | undefined; readonly move: string }>();
  const key = (world: World) => JSON.stringify(world);
  seen.set(key(first), { from: undefined, move: "" });
  const waiting = [first];
  const way = (end: string): string[] => {
    const moves: string[] = [];
    for (let at = seen.get(end); at?.from !== undefined; at = seen.get(at.from)) moves.unshift(at.move);
    return moves;
  };
  for (let world = waiting.pop(); world !== undefined; world = waiting.pop()) {
    const from = key(world);
    for (const { name, to } of movesOf(world, scope)) {
      const id = key(to);
      if (seen.has(id)) continue;
      seen.set(id, { from, move: name });
      const fault = faultOf(to, scope);
      if (fault !== undefined) return { worlds: seen.size, whole: false, finding: { fault, moves: way(id) } };
      if (seen.size >= most) return { worlds: seen.size, whole: false };
      waiting.push(to);
    }
  }
  return { worlds: seen.size, whole: true };
}

/** The same numbers for the same seed, at every machine. */
function randomFrom(seed: number): (most: number) => number {
  let state = seed >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

/** One order of moves by chance, and then no more faults: whoever lives goes on until there is nothing to do. */
export function walk(scope: Scope, seed: number): Finding | { readonly last: World } {
  const random = randomFrom(seed);
  const moves: string[] = [];
  let world = beginning(scope);
  const go = ({ name, to }: Move): Finding | undefined => {
    moves.push(name);
    world = to;
    const fault = faultOf(world, scope);
    return fault === undefined ? undefined : { fault, moves };
  };
  for (let step = 0; step < 60; step += 1) {
    const all = movesOf(world, scope);
    const next = all[random(all.length)];
    const finding = next && go(next);
    if (finding) return finding;
  }
  world = healed(world);
  for (let step = 0; step < 400; step += 1) {
    const next = movesOf(world, scope);
    const move = next[random(next.length)];
    if (move === undefined) break;
    const finding = go(move);
    if (finding) return finding;
  }
  return { last: world };
}

/** Links are mended, a host is there that lives, and the queue gives what it has. */
function healed(world: World): World {
  const hosts = world.hosts.map((host) => ({ ...host, linked: true }));
  const [one] = hosts;
  if (one !== undefined && !hosts.some(({ alive }) => alive)) hosts[0] = { ...one, alive: true };
  return { ...world, hosts, left: { kills: 0, cuts: 0, events: 0, pulls: 100 } };
}
