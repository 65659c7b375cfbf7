import { connect, isIP, type Socket } from "node:net";
import { within } from "../timing/wait.ts";
import { canonical, isPublic } from "./addresses.ts";
import type { Resolve } from "./resolver.ts";
import { nameOf, type ReachRules } from "./rules.ts";

/** Milliseconds that resolving a name, and connecting to one of its addresses, may take each. */
const LONGEST_STEP = 10_000;

/** Why a connection is not made, in HTTP's terms. */
export class ReachRefusal extends Error {
  readonly status: 400 | 403 | 502 | 504;

  constructor(status: 400 | 403 | 502 | 504, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Connects to a host if the rules have it. A name that they do not have is never resolved, so that no label of it
 * leaves this machine; of one that they have, only addresses that were looked at are connected to. Private ones need a
 * rule with their address.
 * @throws ReachRefusal
 */
export async function connectTo(host: string, port: number, rules: ReachRules, resolve: Resolve): Promise<Socket> {
  const failures: string[] = [];
  for (const address of await addressesOf(host, port, rules, resolve)) {
    try {
      return await connected(address, port);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new ReachRefusal(502, `${host}:${port} cannot be reached: ${failures.join("; ")}`);
}

async function addressesOf(
  host: string,
  port: number,
  rules: ReachRules,
  resolve: Resolve,
): Promise<readonly string[]> {
  const address = canonical(host);
  if (isIP(address) !== 0) {
    if (rules.allowsAddress(address, port)) return [address];
    throw new ReachRefusal(403, `${host}:${port} is not in ${rules.option}`);
  }
  const name = nameOf(host);
  if (name === undefined) throw new ReachRefusal(400, `${JSON.stringify(host)} is no host`);
  if (!rules.allowsName(name, port)) throw new ReachRefusal(403, `${name}:${port} is not in ${rules.option}`);
  const resolved = await boundedStep((signal) => resolve(name, signal), `${name} was not resolved`).catch((error) => {
    throw error instanceof ReachRefusal
      ? error
      : new ReachRefusal(502, `${name} cannot be resolved: ${error.code ?? error}`);
  });
  const found = resolved.map(canonical);
  const open = found.filter((each) => isPublic(each) || rules.allowsAddress(each, port));
  if (found.length > 0 && open.length === 0) {
    throw new ReachRefusal(403, `${name} is at ${found[0]}, a private address, which ${rules.option} does not have`);
  }
  return open;
}

async function connected(address: string, port: number): Promise<Socket> {
  const socket = connect({ host: address, port, noDelay: true, allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  socket.once("connect", () => resolve(socket)).once("error", reject);
  try {
    return await within(promise, LONGEST_STEP, () => tooLate(`${address} did not answer`));
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Bounds a step that can be given up. */
async function boundedStep<T>(start: (signal: AbortSignal) => Promise<T>, what: string): Promise<T> {
  const late = new AbortController();
  try {
    return await within(start(late.signal), LONGEST_STEP, () => tooLate(what));
  } finally {
    // What nobody waits for any more is given up.
    late.abort(new Error("given up"));
  }
}

function tooLate(what: string): ReachRefusal {
  return new ReachRefusal(504, `${what} within ${LONGEST_STEP / 1000} s`);
}
