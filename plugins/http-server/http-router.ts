import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Logger, SluiceError } from "../../core/contract/index.ts";
import { containEvents, type HttpMount, type OnFault } from "../../core/kit/index.ts";
import type { HttpServerConfig } from "./config.generated.ts";
import { allowOrigin, answerPreflight, preflightOf } from "./cors.ts";
import { type GuardRulesOf, refusal } from "./guard.ts";
import type { MountTable } from "./mount-table.ts";
import { bodyOf, refuseBytes, refuseExpectation, refuseRequest } from "./refusals.ts";

/**
 * Routes by the table of mounts, which changes while the server listens: a route of fastify's own could not be removed.
 */
export async function createRouter(
  mounts: MountTable,
  rules: GuardRulesOf,
  config: HttpServerConfig,
  log: Logger,
): Promise<FastifyInstance> {
  const app = await createApp(config);
  app.server.on("checkExpectation", refuseExpectation);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler(async (error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    await reply.code(status).send(bodyOf(status, error.message));
  });
  app.setNotFoundHandler(async (_request, reply) => {
    await reply.code(404).send(bodyOf(404, "nothing is served here"));
  });
  guard(app, mounts, rules);
  app.all("*", async (request, reply) => {
    const mount = mountOf(mounts, request);
    if (mount === undefined) return refuse(mounts, request, reply);
    reply.hijack();
    const fault: OnFault = (error) => {
      log.error(`a request at ${mount.path} was ended: ${error.message}`, { code: error.code });
      reply.raw.destroy();
    };
    // A write to a client that has gone is no fault of the mount's.
    containEvents(reply.raw, fault).on("error", () => undefined);
    containEvents(request.raw, fault);
    try {
      await mount.handle(request.raw, reply.raw, Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
    } catch (error) {
      fail(reply.raw, SluiceError.from(error), mount, log);
    }
    return reply;
  });
  return app;
}

async function createApp(config: HttpServerConfig): Promise<FastifyInstance> {
  const { fastify } = await import("fastify");
  return fastify({
    logger: false,
    bodyLimit: config.bodyLimit,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    requestTimeout: config.requestTimeout,
    http: {
      // Node holds the one against the other when it begins, before fastify sets its own.
      requestTimeout: config.requestTimeout,
      headersTimeout: shorter(config.handshakeTimeout, config.requestTimeout),
      // Node would answer it without a word; the guard says what is missing.
      requireHostHeader: false,
      // Node looks for connections that are late every 30 s, which would be far beyond what they are given.
      connectionsCheckingInterval: Math.ceil(shorter(config.handshakeTimeout, 60_000) / 2),
    },
    clientErrorHandler: refuseBytes,
    frameworkErrors: (error, _request, reply) => {
      reply.hijack();
      refuseRequest(reply.raw, error.statusCode ?? 400, error.message);
    },
  });
}

/** Every request is held against the rules of its mount before anything else is done with it. */
function guard(app: FastifyInstance, mounts: MountTable, rules: GuardRulesOf): void {
  app.addHook("onRequest", async (request, reply) => {
    const preflight = preflightOf(request.raw);
    // An answer differs by origin, whether or not this one has any, and a refusal as well.
    reply.raw.appendHeader("vary", "Origin");
    const here = mounts.httpAt(pathOf(request));
    const mount = here.find((each) => each.methods.includes(preflight ?? request.method));
    const reason = refusal(request.raw, rules(mount ?? here[0] ?? { origins: mounts.origins }));
    if (reason !== undefined) return reply.code(403).send(bodyOf(403, reason));
    allowOrigin(request.raw, reply.raw);
    if (preflight === undefined) return;
    reply.hijack();
    // Where nothing is served the page may ask too: it can read that only from the answer.
    const methods = here.length === 0 ? [preflight] : here.flatMap((each) => each.methods);
    answerPreflight(request.raw, reply.raw, methods);
  });
}

/** The shorter of two limits, where 0 is none. */
function shorter(one: number, other: number): number {
  return one === 0 || other === 0 ? one + other : Math.min(one, other);
}

function mountOf(mounts: MountTable, request: FastifyRequest): HttpMount | undefined {
  return mounts.httpAt(pathOf(request)).find((mount) => mount.methods.includes(request.method));
}

async function refuse(mounts: MountTable, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const allowed = mounts.httpAt(pathOf(request)).flatMap((mount) => mount.methods);
  if (allowed.length === 0) return reply.code(404).send(bodyOf(404, `nothing is served at ${pathOf(request)}`));
  const message = `${request.method} is not allowed at ${pathOf(request)}`;
  return reply.code(405).header("allow", allowed.join(", ")).send(bodyOf(405, message));
}

/** A mount that throws answers with its error as the body. It ends a response that is partly sent. */
function fail(response: ServerResponse, error: SluiceError, mount: HttpMount, log: Logger): void {
  log.error(`the mount at ${mount.path} failed: ${error.message}`, { code: error.code });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(statusOf(error), { "content-type": "application/json" });
  response.end(JSON.stringify({ error: error.toBody() }));
}

function statusOf(error: SluiceError): number {
  switch (error.class) {
    case "invalid":
    case "usage":
      return 400;
    case "auth":
      return 403;
    case "not-found":
      return 404;
    case "conflict":
      return 409;
    case "limit":
      return 429;
    case "unavailable":
      return 503;
    default:
      return 500;
  }
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "/";
}
