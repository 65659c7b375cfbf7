import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Milliseconds for all that a client does. */
const limit = 180_000;

/** Runs a client in Python that prints a JSON line for each step; its steps by name. @throws when it does not come to its end */
export async function stepsOf<Step extends { readonly step: string }>(
  python: string,
  script: string,
  args: readonly string[],
  onStep: (step: Step) => void = () => undefined,
): Promise<ReadonlyMap<string, Step>> {
  const client = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(python, [client, ...args], { stdio: ["ignore", "pipe", "pipe"], timeout: limit });
  let complaint = "";
  child.stderr.on("data", (data) => {
    complaint += data;
  });
  const closed = once(child, "close");
  const steps = new Map<string, Step>();
  for await (const line of createInterface({ input: child.stdout })) {
    const step = JSON.parse(line) as Step;
    steps.set(step.step, step);
    onStep(step);
  }
  const [code] = await closed;
  if (code !== 0) throw new Error(`the client exited with ${code} after ${[...steps.keys()].at(-1)}:\n${complaint}`);
  return steps;
}
