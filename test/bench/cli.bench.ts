import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { quantile, tell, timed } from "./bench-kit.ts";

/** The built command line (`bin/build` first) beside what it cannot be quicker than, measured in one run. */
const home = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const profile = join(home, "profile.yaml");
writeFileSync(profile, "version: 1\nplugins:\n  box: { use: docker-sandbox }\nflows:\n  run: box\n");
afterAll(() => rmSync(home, { recursive: true, force: true }));

const image =
  execFileSync("docker", ["image", "ls", "-q", "sluicebox-sandbox"], { encoding: "utf8" }).split("\n")[0] ?? "";
const node = process.execPath;
const sluice = ["bin/run.js"];

function ended(file: string, parameters: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, parameters, { stdio: "ignore", env: { ...process.env, SLUICE_HOME: home } });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${file} exited with ${code}`))));
  });
}

const options = { iterations: 15, time: 0, warmupIterations: 3, warmupTime: 0 };

test("sluice --version (goal: 3 x the floor)", async ({ bench }) => {
  await bench.compare(
    bench("floor: node -e 0", () => ended(node, ["-e", "0"])),
    bench("sluice --version", () => ended(node, [...sluice, "--version"])),
    options,
  );
});

/** Alternately, as the machine's speed changes within seconds. */
test("sluice run -e, no host up", async () => {
  const program = "print('Hello, World!')";
  const docker = ["run", "--rm", "--network", "none", "--entrypoint", "python3", image, "-c", program];
  const [floor, ours]: [number[], number[]] = [[], []];
  for (let round = -3; round < 30; round += 1) {
    const bare = await timed(() => ended("docker", docker));
    const run = await timed(() => ended(node, [...sluice, "run", "-p", profile, "-e", program]));
    if (round < 0) continue;
    floor.push(bare);
    ours.push(run);
  }
  tell("sluice run -e beside docker run --rm, p50", "ms", quantile(floor, 0.5), quantile(ours, 0.5), "<= 1.5 x");
}, 120_000);
