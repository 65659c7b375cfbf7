import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { createOptions } from "../../plugins/docker-sandbox/container/create-options.ts";
import { labelsOf } from "../../plugins/docker-sandbox/container/labels.ts";
import { Engine } from "../../plugins/docker-sandbox/engine/engine.ts";
import { recipeOf } from "../../plugins/docker-sandbox/image-build/recipe.ts";
import { defaults, ownOwner } from "../docker/sandbox-kit.ts";

/** What figures stand beside: containers without Sluicebox, and how both are told. */

export const MIB = 1024 * 1024;
export const engine = new Engine({ socketPath: "/var/run/docker.sock", text: "unix:///var/run/docker.sock" });

export interface Raw {
  readonly id: string;
  readonly socket: Duplex;
}

/** A container with the very same limits, running one bare command; started, and nothing read of it yet. */
export async function raw(command: readonly string[]): Promise<Raw> {
  const create = createOptions({
    config: defaults,
    user: { uid: 1000, gid: 1000 },
    image: recipeOf(defaults).tag,
    labels: labelsOf({ instance: "bench", owner: ownOwner() }),
  });
  const { body } = await engine.call<{ Id: string }>(`/containers/create?name=sluice-bench-${randomUUID()}`, {
    method: "POST",
    body: { ...create, Cmd: command },
  });
  const socket = await engine.attach(body.Id);
  await engine.call(`/containers/${body.Id}/start`, { method: "POST" });
  return { id: body.Id, socket };
}

export async function discard({ id, socket }: Raw): Promise<void> {
  socket.destroy();
  await engine.call(`/containers/${id}?force=1`, { method: "DELETE", accept: [404, 409] });
}

export const firstByte = (socket: Duplex) => new Promise<void>((resolve) => socket.once("data", () => resolve()));

/** A shell command that writes so many MiB, in lines of 79 characters. */
export function flood(mebibytes: number): string {
  const script = `import os; piece = (b'x' * 79 + b'\\n') * 13108\nfor _ in range(${mebibytes}):\n    left = memoryview(piece)[:${MIB}]\n    while left: left = left[os.write(1, left):]`;
  return `python3 -c "${script}"`;
}

/** MiB per second of the command, read from the engine's own pipe and thrown away. */
export async function rawRate(mebibytes: number): Promise<number> {
  const bare = await raw(["/bin/sh", "-c", `read line; ${flood(mebibytes)}; exec sleep 1000`]);
  let bytes = 0;
  const took = await timed(
    () =>
      new Promise<void>((resolve) => {
        bare.socket.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes >= mebibytes * MIB) resolve();
        });
        bare.socket.write("\n");
      }),
  );
  await discard(bare);
  return mebibytes / (took / 1000);
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function tell(what: string, unit: string, floor: number, ours: number, goal: string): void {
  const ratio = (ours / floor).toFixed(2);
  process.stdout.write(
    `${what.padEnd(44)} floor ${floor.toFixed(2).padStart(8)} ${unit}   ours ${ours.toFixed(2).padStart(8)} ${unit}   ${ratio} x   (goal ${goal})\n`,
  );
}

/** What has no floor to stand beside. */
export function alone(what: string, unit: string, ours: number, goal: string): void {
  process.stdout.write(`${what.padEnd(44)} ours ${ours.toFixed(2)} ${unit}   (goal ${goal})\n`);
}
