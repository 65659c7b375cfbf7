import { once } from "node:events";
import { connect } from "node:net";

/** Sends a request as given, byte for byte, and resolves with the head of the answer and its body. */
export async function rawRequest(address: string, request: string): Promise<string> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.end(request);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}
