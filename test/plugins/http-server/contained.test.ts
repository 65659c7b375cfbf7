import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { HttpMount, SocketMount } from "../../../core/kit/index.ts";
import { HttpServerService } from "../../../plugins/http-server/service.ts";
import { turns, watchUncaught } from "../../fuzz/uncaught.ts";
import { httpConfig, silentLog } from "../websocket/websocket-kit.ts";

const listen = "127.0.0.1:0";

function boom(): never {
  throw new Error("boom");
}

/** By the path that is asked for: where the transport's own code throws. */
const sockets: Readonly<Record<string, Partial<SocketMount>>> = {
  "/authorize": { authorize: boom },
  "/authorize-later": { authorize: () => Promise.reject(new Error("boom")) },
  "/connected": { connected: boom },
  "/message": { connected: (socket) => socket.onMessage(boom) },
  "/message-then-send": {
    connected: (socket) =>
      socket.onMessage(() => {
        socket.send("one");
        boom();
      }),
  },
  "/close": { connected: (socket) => socket.onClose(boom) },
};

const requests: Readonly<Record<string, HttpMount["handle"]>> = {
  "/handle": boom,
  "/handle-later": () => Promise.reject(new Error("boom")),
  "/half": (_request, response) => {
    response.write("half");
    boom();
  },
  "/response-close": (_request, response) => {
    response.once("close", boom);
    response.end("x");
  },
  "/response-finish": (_request, response) => {
    response.once("finish", boom);
    response.end("x");
  },
  "/write-after-end": (_request, response) => {
    response.end("x");
    response.write("y");
  },
  "/bad-header": (_request, response) => {
    response.writeHead(200, { "x-odd": "a\r\nb" });
  },
};

describe("what throws in a transport", () => {
  it.each(Object.keys(sockets))("should end the socket at %s and no other", async (path) => {
    using watch = watchUncaught();
    await using http = new HttpServerService(httpConfig, silentLog);
    const echo: SocketMount = {
      listen,
      path: "/echo",
      subprotocol: null,
      authorize: () => ({ accept: true }),
      connected: (socket) => socket.onMessage((data) => socket.send(data.toString())),
    };
    const { address } = await http.mountSocket(echo);
    await http.mountSocket({ ...echo, path, ...sockets[path] });
    const other = new WebSocket(`${address.replace("http", "ws")}/echo`);
    await once(other, "open");
    const socket = new WebSocket(`${address.replace("http", "ws")}${path}`);
    socket.on("error", () => undefined);
    socket.on("open", () => {
      socket.send("hello");
      if (path === "/close") socket.close();
    });
    await new Promise((resolve) => socket.on("close", resolve));
    await turns();
    other.send("still here");
    const [answer] = await once(other, "message");
    expect(String(answer)).toBe("still here");
    other.close();
    await once(other, "close");
    expect(watch.errors).toEqual([]);
  });

  it.each(Object.keys(requests))("should end the request at %s and no other", async (path) => {
    using watch = watchUncaught();
    await using http = new HttpServerService(httpConfig, silentLog);
    const mount = (at: string, handle: HttpMount["handle"]) => ({ listen, path: at, methods: ["GET"], handle });
    const { address } = await http.mountHttp(mount(path, requests[path] ?? boom));
    await http.mountHttp(mount("/healthz", (_request, response) => void response.end("ok")));
    await fetch(`${address}${path}`)
      .then((response) => response.text())
      .catch(() => undefined);
    await turns();
    expect(await (await fetch(`${address}/healthz`)).text()).toBe("ok");
    expect(watch.errors).toEqual([]);
  });
});
