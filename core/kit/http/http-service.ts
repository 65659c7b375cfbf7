import type { IncomingMessage, ServerResponse } from "node:http";
import { Token } from "../../contract/token.ts";

/**
 * The one port with many mounts: a service that owns one server per address. HTTP is mounted on it by path, WebSocket
 * by path and subprotocol. It listens from the first mount on an address until the last one is removed.
 */
export interface HttpService {
  /**
   * @throws SluiceError SLUICE_MOUNT_CLAIMED when path and subprotocol are taken, SLUICE_PORT_TAKEN when the address is.
   */
  mountSocket(mount: SocketMount): Promise<MountHandle>;
  mountHttp(mount: HttpMount): Promise<MountHandle>;
}

/** What was mounted, until it is disposed of. */
export interface MountHandle extends AsyncDisposable {
  /** The address as bound, such as `http://127.0.0.1:8000`; a port of 0 has become the real one. */
  readonly address: string;
}

/** What is served at one path and subprotocol of WebSockets. */
export interface SocketMount {
  /** `host:port`. */
  readonly listen: string;
  readonly path: string;
  /** Null serves clients that ask for no subprotocol. */
  readonly subprotocol: string | null;
  /** Bytes of one message; larger ones close the socket with 1009. Default 1 MiB. */
  readonly maxPayload?: number;
  /** Milliseconds between pings; a peer that misses two is ended. Default 15 s. */
  readonly heartbeat?: number;
  /** Browser origins let in besides those of the service, each exact, such as `https://example.org`. */
  readonly origins?: readonly string[];
  /** Lets the address's own origin in, which some clients that are no browsers send. */
  readonly ownOrigin?: boolean;
  /** Decides on the upgrade before it happens; a string refuses with that status, such as `401`. */
  authorize(request: IncomingMessage): SocketVerdict | Promise<SocketVerdict>;
  connected(socket: TransportSocket, request: IncomingMessage, grant: unknown): void;
}

/** Whether a WebSocket may open, and for whom. */
export type SocketVerdict =
  | { readonly accept: true; readonly grant?: unknown }
  | { readonly accept: false; readonly status: 401 | 403 | 503; readonly reason: string };

/** What is served at one path over HTTP. */
export interface HttpMount {
  readonly listen: string;
  /** `/settings`, or `/settings/*` for everything below. */
  readonly path: string;
  readonly methods: readonly string[];
  /** Browser origins let in besides those of the service. */
  readonly origins?: readonly string[];
  /** Serves pages to browsers: while it is mounted, the address's own origin is let in to every mount of the address. */
  readonly pages?: boolean;
  handle(request: IncomingMessage, response: ServerResponse, body: Buffer): void | Promise<void>;
}

/**
 * A WebSocket as mounts see it: no library's type leaks out of the service. The service pings; what is sent in one turn
 * of the event loop leaves in one write.
 */
export interface TransportSocket {
  readonly protocol: string;
  /** Sends one text frame; bytes are text already in UTF-8, and are not changed afterwards by whoever sends them. */
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  terminate(): void;
  readonly bufferedAmount: number;
  readonly open: boolean;
  onMessage(listener: (data: Buffer, binary: boolean) => void): void;
  onDrain(listener: () => void): void;
  onClose(listener: (code: number, reason: string) => void): void;
}

/** The service on which transports are mounted. */
export const Http = new Token<HttpService, "host">("sluicebox/http", "host");
