import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { key, LmcSocket, serveLmc } from "./lmc-kit.ts";

const flows = { chat: () => {} };

describe("limits of the lmc transport", () => {
  it("should refuse more sockets than it may have, and take one when another is gone", async () => {
    await using server = await serveLmc(flows, { sockets: 2, key });
    const url = server.address.replace("http", "ws");
    const [first] = [await server.connect(), await server.connect()];
    const third = new WebSocket(url);
    const [error] = (await once(third, "error")) as [Error];
    expect(error.message).toContain("503");
    first.socket.close();
    await once(first.socket, "close");
    const next = await LmcSocket.connect(url);
    expect(await next.authenticate()).toBe(true);
  });

  it("should close a socket that says no key in time, and keep one that did", async () => {
    await using server = await serveLmc(flows, { authTimeout: 300, key });
    const known = await server.connect();
    expect(await known.authenticate()).toBe(true);
    const silent = await server.connect();
    const [code] = (await once(silent.socket, "close")) as [number];
    expect(code).toBe(1008);
    expect(known.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("should close a socket that guesses", async () => {
    await using server = await serveLmc(flows, { key });
    const guesser = await server.connect();
    for (let guess = 0; guess < 40; guess += 1) guesser.send({ auth: `guess-${guess}` });
    const [code] = (await once(guesser.socket, "close")) as [number];
    expect(code).toBe(1008);
    expect(guesser.frames.length).toBeLessThan(20);
    expect(guesser.frames).not.toContainEqual({ auth: true });
  });

  it("should refuse messages that wait for their turn beyond a number", async () => {
    await using server = await serveLmc(flows, { key });
    const socket = await server.connect();
    await socket.authenticate();
    for (let message = 0; message < 100; message += 1) socket.say(`message ${message}`);
    const refused = await socket.until(({ content }) => /wait for their turn/.test(String(content)));
    expect(refused).toMatchObject({ role: "server", type: "error" });
  });
});
