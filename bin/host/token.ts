import { setTimeout as delay } from "node:timers/promises";
import { hostPaths, hostToken, rotateToken } from "../../core/command-line.ts";
import { printable, printableJson } from "../../core/kit/index.ts";
import { nameOf, readHostFile } from "./host-file.ts";

/** Milliseconds that a running host gets to take a new token; it looks every second. */
const limit = 5_000;
const pause = 100;

/** Prints the token, or a new one, once a host that is up asks for it. */
export async function tellToken({ rotate, json }: { rotate: boolean; json: boolean }): Promise<void> {
  const { state } = hostPaths();
  const old = hostToken(state);
  const token = rotate ? rotateToken(state) : old;
  process.stdout.write(json ? `${printableJson({ token, rotated: rotate })}\n` : `${token}\n`);
  if (!rotate) return;
  const last = Date.now() + limit;
  let up = readHostFile(state);
  // A WebSocket transport may have a token of its own. Its host says that one, and takes the new one as well.
  while (up?.token === old && Date.now() < last) {
    await delay(pause);
    up = readHostFile(state);
  }
  if (up === undefined) return;
  process.stderr.write(
    up.token === old
      ? `the host at ${printable(nameOf(up))} still asks for the old one: stop it and start it again\n`
      : `the host at ${printable(nameOf(up))} has ended what the old one let in\n`,
  );
}
