import type { Lifecycle } from "./lifecycle.ts";

/** A way into the host: it opens runs and lets clients follow them. It starts last and stops first. */
export interface Transport extends Omit<Lifecycle, "start"> {
  /** Resolves when clients can connect. What it serves of the host it injects by `HostToken`. */
  start(signal: AbortSignal): Promise<void>;
  /** Where clients connect over TCP, once it serves: `http://127.0.0.1:8000` and the like. Absent where none do. */
  readonly address?: string;
  /** Where clients of the wire (`sluice.v1`) connect, once it serves; the host's own commands do. */
  wire?(): WireAddress | undefined;
  /** A one-time link for a person's browser, where the transport serves pages. */
  link?(): string | undefined;
}

/** Where a host serves `sluice.v1`. */
export interface WireAddress {
  /** `http://127.0.0.1:8000/` and the like: address and path. */
  readonly url: string;
  /** The token that it asks for; absent where it asks for the host's. */
  readonly token?: string;
}
