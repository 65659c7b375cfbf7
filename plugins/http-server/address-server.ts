import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { type Logger, SluiceError } from "../../core/contract/index.ts";
import { fileFault } from "../../core/kit/index.ts";
import type { HttpServerConfig } from "./config.generated.ts";
import type { GuardRulesOf } from "./guard.ts";
import { createRouter } from "./http-router.ts";
import type { MountTable } from "./mount-table.ts";
import { portOwner } from "./port-owner.ts";
import { SocketRouter } from "./socket-router.ts";

/**
 * Connections that may wait to be taken; the kernel may allow fewer. Whoever finds no place tries again after one second,
 * then after two and four: with Node's 511 a burst of somebody else's makes everybody wait that long.
 */
const backlog = 4_096;

/** One address that is listened on, with all its mounts. */
export class AddressServer {
  readonly address: string;
  readonly #app: FastifyInstance;
  readonly #sockets: SocketRouter;

  private constructor(address: string, app: FastifyInstance, sockets: SocketRouter) {
    this.address = address;
    this.#app = app;
    this.#sockets = sockets;
  }

  /** The HTTP libraries are imported here: a host that opens no mount does not pay for them. */
  static async listen(
    listen: string,
    mounts: MountTable,
    config: HttpServerConfig,
    log: Logger,
  ): Promise<AddressServer> {
    const { host, port } = splitAddress(listen);
    let bound = port;
    const rules: GuardRulesOf = (mount = {}) => ({
      port: bound,
      hosts: config.hosts,
      origins: [...config.origins, ...(mount.origins ?? [])],
      ownOrigin: mounts.pages || mount.ownOrigin === true,
    });
    const app = await createRouter(mounts, rules, config, log);
    const sockets = await SocketRouter.create(app.server, mounts, rules, config, log);
    try {
      await app.listen({ host, port, backlog });
    } catch (error) {
      await app.close();
      throw await listenError(error, listen, port);
    }
    bound = (app.server.address() as AddressInfo).port;
    return new AddressServer(`http://${urlHost(host)}:${bound}`, app, sockets);
  }

  /** Closes the sockets of mounts that are no longer mounted. */
  async closeOrphans(): Promise<void> {
    await this.#sockets.closeOrphans();
  }

  /** Closes every socket with 1001, ends every request and frees the port. */
  async close(): Promise<void> {
    (this.#app.server as Server).close();
    await this.#sockets.close();
    await this.#app.close();
  }
}

function splitAddress(listen: string): { host: string; port: number } {
  const at = listen.lastIndexOf(":");
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(listen.slice(at + 1)) };
}

/** What is bound to every address of the machine is called by its loopback: no server answers to `0.0.0.0` as its name. */
const loopbacks: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "[::1]" };

function urlHost(host: string): string {
  const loopback = loopbacks[host];
  if (loopback !== undefined) return loopback;
  return host.includes(":") ? `[${host}]` : host;
}

async function listenError(error: unknown, listen: string, port: number): Promise<SluiceError> {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE") {
    return new SluiceError("SLUICE_PLUGIN_START", `${listen} cannot be listened on: ${fileFault(error)}`, {
      cure: "Set another listen: address, such as 127.0.0.1:8000.",
      cause: error,
    });
  }
  const owner = await portOwner(port);
  const by = owner === undefined ? "" : ` by ${owner}`;
  return new SluiceError("SLUICE_PORT_TAKEN", `${listen} is in use${by}`, { cause: error });
}
