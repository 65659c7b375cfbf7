import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { startTimer } from "../../core/kit/index.ts";

/** Answers an upgrade that does not take place, and ends the connection. */
export function refuseUpgrade(stream: Duplex, status: number, reason: string): void {
  if (stream.destroyed) return;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "connection: close",
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(reason)}`,
    ...(status === 401 ? ["www-authenticate: Bearer"] : []),
  ];
  stream.end(`${head.join("\r\n")}\r\n\r\n${reason}`, () => stream.destroy());
}

/** Closes with 1001 and resolves when all are gone; those that do not answer are ended. */
export async function closeSockets(sockets: readonly WebSocket[], timeout: number): Promise<void> {
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          if (socket.readyState === socket.CLOSED) return resolve();
          const timer = startTimer(() => socket.terminate(), timeout);
          socket.once("close", () => {
            timer.stop();
            resolve();
          });
          socket.close(1001, "the host is going away");
        }),
    ),
  );
}
