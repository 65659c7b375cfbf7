import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { firstValueFrom } from "rxjs";
import { afterEach, describe, expect, it } from "vitest";
import type { SluiceError } from "../../../core/contract/index.ts";
import { ask, chunk, collect, refuse, speak, sse } from "../../core/kit/upstream/upstream.ts";
import { closeAll, modelAt, oneAttempt, open, serve } from "./serve.ts";

const never = new AbortController().signal;

afterEach(closeAll);

describe("llm-openai-compatible: time-outs and leaving", () => {
  it("should name the connect time-out", async () => {
    // A TLS handshake that nobody answers: the connection never stands.
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await once(server, "listening");
    const sockets: { destroy(): void }[] = [];
    server.on("connection", (socket) => sockets.push(socket));
    open.push({
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    });
    const timeouts = { connect: 50, firstToken: 20_000, idle: 20_000, total: 20_000 };
    const model = modelAt(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      timeouts,
      retry: oneAttempt,
    });
    expect((await collect(model)).error).toMatchObject({
      code: "SLUICE_MODEL_TIMEOUT",
      message: expect.stringContaining("connect"),
    });
  });

  it("should name the first-token time-out, though comments keep the connection alive", async () => {
    const { upstream, model } = await serve(
      { timeouts: { connect: 5_000, firstToken: 60, idle: 20_000, total: 20_000 }, retry: oneAttempt },
      (response) => {
        sse(response);
        const timer = setInterval(() => response.write(": keep-alive\n\n"), 5);
        response.on("close", () => clearInterval(timer));
      },
    );
    expect((await collect(model)).error).toMatchObject({
      code: "SLUICE_MODEL_TIMEOUT",
      message: expect.stringContaining("firstToken"),
    });
    await upstream.abandoned;
  });

  it("should name the idle time-out, though comments keep the connection alive", async () => {
    const { upstream, model } = await serve(
      { timeouts: { connect: 5_000, firstToken: 20_000, idle: 60, total: 20_000 } },
      (response) => {
        sse(response).write(chunk({ content: "then nothing" }));
        const timer = setInterval(() => response.write(": keep-alive\n\n"), 5);
        response.on("close", () => clearInterval(timer));
      },
    );
    expect(await collect(model)).toMatchObject({
      text: "then nothing",
      error: { code: "SLUICE_MODEL_TIMEOUT", message: expect.stringContaining("idle") },
    });
    await upstream.abandoned;
  });

  it("should name the total time-out, though tokens go on", async () => {
    const { upstream, model } = await serve(
      { timeouts: { connect: 5_000, firstToken: 20_000, idle: 20_000, total: 80 } },
      (response) => {
        sse(response);
        const timer = setInterval(() => response.write(chunk({ content: "." })), 5);
        response.on("close", () => clearInterval(timer));
      },
    );
    expect((await collect(model)).error).toMatchObject({
      code: "SLUICE_MODEL_TIMEOUT",
      message: expect.stringContaining("total"),
    });
    await upstream.abandoned;
  });

  it("should try again where nobody listens, and then say so", async () => {
    const { upstream } = await serve({}, speak("x"));
    const gone = upstream.url;
    await open.pop()?.[Symbol.asyncDispose]();
    await open.pop()?.[Symbol.asyncDispose]();
    expect((await collect(modelAt(gone))).error).toMatchObject({
      code: "SLUICE_MODEL_UNREACHABLE",
      class: "unavailable",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it.each(["before the first token", "during the text"])("should close the socket when left %s", async (moment) => {
    let arrived = () => {};
    const asked = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { upstream, model } = await serve({}, (response) => {
      if (moment === "during the text") sse(response).write(chunk({ content: "a" }));
      arrived();
    });
    const seen = new Promise<void>((resolve) => {
      const subscription = model
        .generate(ask("Hello"), new AbortController().signal)
        .subscribe({ next: () => leave() });
      const leave = () => {
        subscription.unsubscribe();
        resolve();
      };
      if (moment === "before the first token") void asked.then(leave);
    });
    await seen;
    await upstream.abandoned;
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should leave no socket and no timer of many streams that were left", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const { upstream, model } = await serve({}, (response) => {
      sse(response).write(chunk({ content: "a" }));
    });
    const before = timers();
    const streams = Array.from({ length: 200 }, () => firstValueFrom(model.generate(ask("Hello"), never)));
    expect(await Promise.all(streams)).toHaveLength(200);
    await upstream.quiet();
    // The runner and undici have a timer or two of their own.
    expect(timers()).toBeLessThan(before + 10);
  });

  it("should ask no more when left during the pause before another attempt", async () => {
    const { upstream, model } = await serve({ retry: { attempts: 3, backoff: 60_000, longest: 60_000 } }, refuse(503));
    const stop = new AbortController();
    const failure = new Promise<SluiceError>((resolve) => {
      model.generate(ask("Hello"), stop.signal).subscribe({ error: resolve });
    });
    while (upstream.bodies.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await failure).toMatchObject({ code: "SLUICE_RUN_CANCELLED" });
    expect(upstream.bodies).toHaveLength(1);
  });

  it("should end what is under way when it is disposed", async () => {
    const { upstream, model } = await serve({}, (response) => {
      sse(response).write(chunk({ content: "a" }));
    });
    const failure = new Promise((resolve) => {
      model
        .generate(ask("Hello"), new AbortController().signal)
        .subscribe({ next: () => void model[Symbol.asyncDispose](), error: resolve });
    });
    expect(await failure).toMatchObject({ code: "SLUICE_RUN_CANCELLED" });
    await upstream.abandoned;
  });
});
