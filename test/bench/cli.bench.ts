import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";

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

test("sluice run -e, no host up (goal: 1.5 x the floor)", async ({ bench }) => {
  const program = "print('Hello, World!')";
  await bench.compare(
    bench("floor: docker run --rm, same image", () =>
      ended("docker", ["run", "--rm", "--network", "none", "--entrypoint", "python3", image, "-c", program]),
    ),
    bench("sluice run -e", () => ended(node, [...sluice, "run", "-p", profile, "-e", program])),
    options,
  );
});
