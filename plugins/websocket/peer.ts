import type { Clock, HostApi, HostReporter, Logger, Role } from "../../core/index.ts";
import { roleAllows, SluiceError } from "../../core/index.ts";
import type { WebsocketConfig } from "./config.ts";
import type { Downloads, DownloadTotal } from "./downloads.ts";
import type { Follower } from "./follower.ts";
import type { HostWatches } from "./host-watches.ts";
import type { Outbox } from "./outbox.ts";
import type { RunRegister } from "./run-register.ts";
import type { SessionRegister } from "./session-register.ts";
import type { Tickets } from "./tickets.ts";
import type { Uploads, UploadTotal } from "./uploads.ts";

/** What all connections of a door share. */
export interface DoorContext {
  readonly config: WebsocketConfig;
  readonly host: HostApi;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reporter: HostReporter;
  readonly runs: RunRegister;
  readonly sessions: SessionRegister;
  readonly tickets: Tickets;
  readonly uploadTotal: UploadTotal;
  readonly downloadTotal: DownloadTotal;
  /** Changes whenever the door starts. */
  readonly boot: string;
  /** Set while the host stops: nothing new is begun. */
  readonly draining: boolean;
}

/** A client that has said hello, as the handlers of its messages see it. */
export interface Peer {
  readonly connection: string;
  /** The name of its token. */
  readonly principal: string;
  readonly role: Role;
  /** Token and client together: whose runs these are. */
  readonly owner: string;
  readonly outbox: Outbox;
  readonly followers: Map<string, Follower>;
  readonly watches: HostWatches;
  readonly uploads: Uploads;
  readonly downloads: Downloads;
}

/** @throws SluiceError SLUICE_WIRE_FORBIDDEN */
export function demand(peer: Peer, role: Role, what: string): void {
  if (roleAllows(peer.role, role)) return;
  const message = `${what} needs the role ${role}; this client has ${peer.role}`;
  throw new SluiceError("SLUICE_WIRE_FORBIDDEN", message);
}
