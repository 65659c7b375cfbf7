import { cutText, type ReachRules, type Resolve } from "../../../core/kit/index.ts";
import type { Channel } from "../container/channel.ts";
import { FromSandbox, ToSandbox } from "../protocol/frames.ts";
import { AllowProxy } from "./proxy.ts";
import { Tunnel } from "./tunnel.ts";

/** Connections of one container at the same time: the supervisor's 64, and as many that it has done with before us. */
const MOST = 128;
/** Refused targets of one container that are told. */
const MOST_TOLD = 100;
/** Connections that a container may open in a second, and at once after a quiet while; more are reset. */
const PER_SECOND = 100;
const BURST = 400;

/** Where programs find the proxy: a port of the container's own loopback interface, which the supervisor holds. */
export const PROXY_PORT = 3128;

export interface TunnelsOptions {
  readonly rules: ReachRules;
  readonly resolve?: Resolve;
  /** Called once for each target, and for 100 of them at most. */
  readonly onRefused: (target: string, reason: string) => void;
}

/**
 * The only way out of a container without a network: connections to its loopback's proxy port travel as frames over the
 * container's pipe. They end in a proxy that knows the rules.
 */
export class Tunnels {
  /** Resolves true when the container's side listens, false when it went away before. */
  readonly ready: Promise<boolean>;
  readonly #channel: Channel;
  readonly #proxy: AllowProxy;
  readonly #open = new Map<number, Tunnel>();
  readonly #told = new Set<string>();
  #opens = BURST;
  #counted = performance.now();
  #onReady: (ready: boolean) => void = () => {};

  constructor(channel: Channel, options: TunnelsOptions) {
    this.#channel = channel;
    this.#proxy = new AllowProxy({ ...options, onRefused: (target, reason) => this.#refused(options, target, reason) });
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    channel.tunnelTo((kind, payload) => this.#onFrame(kind, payload));
    channel.onClosed(() => this.#close());
  }

  #onFrame(kind: number, payload: Buffer): void {
    if (kind === FromSandbox.tunnelsReady) {
      this.#onReady(true);
      return;
    }
    const id = payload.readUInt32BE(0);
    if (kind === FromSandbox.tunnelOpen) {
      if (!this.#mayOpen()) {
        this.#channel.send(ToSandbox.tunnelReset, payload.subarray(0, 4));
        return;
      }
      if (this.#open.size >= MOST || this.#open.has(id)) throw new Error("a connection that no supervisor opens");
      const tunnel = new Tunnel(this.#channel, id, () => this.#open.delete(id));
      this.#open.set(id, tunnel);
      this.#proxy.serve(tunnel);
      return;
    }
    // One that is unknown was given up on this side while the frame was under way.
    const tunnel = this.#open.get(id);
    if (kind === FromSandbox.tunnelData) tunnel?.onData(payload.subarray(4));
    else if (kind === FromSandbox.tunnelEnd) tunnel?.onEnd();
    else if (kind === FromSandbox.tunnelCredit) tunnel?.onCredit(payload.readUInt32BE(4));
    else tunnel?.onReset();
  }

  /** Opening and closing costs the host more than the program, so that it has its own measure. */
  #mayOpen(): boolean {
    const now = performance.now();
    this.#opens = Math.min(BURST, this.#opens + ((now - this.#counted) * PER_SECOND) / 1000);
    this.#counted = now;
    if (this.#opens < 1) return false;
    this.#opens -= 1;
    return true;
  }

  #refused(options: TunnelsOptions, target: string, reason: string): void {
    if (this.#told.has(target) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(target);
    options.onRefused(cutText(target, 300), cutText(reason, 300));
  }

  #close(): void {
    this.#onReady(false);
    for (const tunnel of this.#open.values()) tunnel.onReset();
    this.#proxy.close();
  }
}

/** What makes programs use the proxy; connections to the container's own loopback go past it, but for those allowed. */
export function proxyVariables(rules: ReachRules): Readonly<Record<string, string>> {
  const proxy = `http://127.0.0.1:${PROXY_PORT}`;
  const own = ["localhost", "127.0.0.1", "::1"].filter((host) => {
    return !rules.entries.some((entry) => entry.replace(/^\[|\](:\d+)?$/g, "").replace(/^([^:]+):\d+$/, "$1") === host);
  });
  const variables = { http_proxy: proxy, https_proxy: proxy, all_proxy: proxy, no_proxy: own.join(",") };
  const upper = Object.entries(variables).map(([name, value]) => [name.toUpperCase(), value] as const);
  return { ...variables, ...Object.fromEntries(upper), NODE_USE_ENV_PROXY: "1" };
}
