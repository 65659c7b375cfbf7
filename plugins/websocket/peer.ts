import type { ClientHost, Clock, Grant, HostReporter, Logger } from "../../core/contract/index.ts";
import type { WebsocketConfig } from "./config.ts";
import type { Downloads } from "./downloads.ts";
import type { Followers } from "./followers.ts";
import type { HostSubscriptions } from "./host-watches.ts";
import type { Outbox } from "./outbox.ts";
import type { RunRegister } from "./run-register.ts";
import type { SharedBytes } from "./shared-bytes.ts";
import type { Tickets } from "./tickets.ts";
import type { Uploads } from "./uploads.ts";

/** What all connections of a transport share. */
export interface TransportContext {
  readonly config: WebsocketConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reporter: HostReporter;
  readonly runs: RunRegister;
  readonly tickets: Tickets;
  readonly uploadTotal: SharedBytes;
  readonly downloadTotal: SharedBytes;
  /** Changes whenever the transport starts. */
  readonly boot: string;
  /** Set while the host stops: nothing new is begun. */
  readonly draining: boolean;
}

/** A client that has said hello, as the handlers of its messages see it. */
export interface Peer {
  readonly connection: string;
  readonly grant: Grant;
  /** The host as far as this client may use it: there is no other one to call. */
  readonly host: ClientHost;
  /** Token and client together: whose runs these are. */
  readonly owner: string;
  /** The same for people: in audits, and in the list of connections. */
  readonly label: string;
  readonly outbox: Outbox;
  readonly followers: Followers;
  readonly watches: HostSubscriptions;
  readonly uploads: Uploads;
  readonly downloads: Downloads;
}
