import type { IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { orAborted } from "../timing/wait.ts";
import { connectTo } from "./connect.ts";
import type { Resolve } from "./resolver.ts";
import type { ReachRules } from "./rules.ts";

/** What is sent, beside the address. */
export interface RequestParts {
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST. */
  readonly body?: string;
}

/**
 * One request over a connection of its own, to an address that the rules have; the address that was looked at is the
 * one connected to. Redirects are answers like any other. Whoever calls ends the answer.
 * @throws ReachRefusal for what may not be reached, or an Error of the network
 */
export async function requestOf(
  url: URL,
  { headers, body }: RequestParts,
  rules: ReachRules,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const encrypted = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (encrypted ? 443 : 80) : Number(url.port);
  // Node's own HTTP client costs 8 MiB and a fifth of a start: hosts that ask for nothing do without.
  const { request } = encrypted ? await import("node:https") : await import("node:http");
  const { connect: secure } = await import("node:tls");
  const socket = await connected(connectTo(host, port, rules, resolve), signal);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const give = (): Duplex => (encrypted ? secure({ socket, host, ...servername }) : socket);
  const { promise, resolve: answer, reject } = Promise.withResolvers<IncomingMessage>();
  // With a connection of its own there is no agent, and so no proxy of the environment.
  const options = { method: body === undefined ? "GET" : "POST", headers, signal, createConnection: give };
  const asked = request(url, options);
  asked.once("response", answer).once("error", reject);
  asked.once("upgrade", () => reject(new Error("its server answers with another protocol")));
  asked.once("close", () => socket.destroy());
  asked.end(body);
  try {
    return await promise;
  } catch (error) {
    asked.destroy();
    throw error;
  }
}

/** A connection that comes too late is closed again. */
async function connected(connecting: Promise<Socket>, signal: AbortSignal): Promise<Socket> {
  try {
    return await orAborted(connecting, signal);
  } catch (error) {
    connecting.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
    throw error;
  }
}
