import { hostPaths, hostToken, rotateToken } from "../../core/command-line.ts";
import { printableJson } from "../../core/kit/index.ts";
import { nameOf, readHostFile } from "./host-file.ts";

/** Prints the token, or a new one; a host that is up keeps the one that it began with, and that is said. */
export function tellToken({ rotate, json }: { rotate: boolean; json: boolean }): void {
  const { state } = hostPaths();
  const up = readHostFile(state);
  const token = rotate ? rotateToken(state) : hostToken(state);
  process.stdout.write(json ? `${printableJson({ token, rotated: rotate })}\n` : `${token}\n`);
  if (!rotate || up === undefined) return;
  process.stderr.write(`the host at ${nameOf(up)} still asks for the old one: stop it and start it again\n`);
}
