import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cases, verify } from "../../bin/verify/verify.ts";
import { recipeOf } from "../../plugins/docker-sandbox/image-build/recipe.ts";
import { removals } from "./removals.ts";
import { defaults, startSandbox } from "./sandbox-kit.ts";
import { secondHost } from "./second-host.ts";

/**
 * Takes each protection away, one at a time, and sees exactly its cases fail. All of them take some minutes:
 * `npm run test:removals`. Without the variable every ninth is tried.
 */
const all = process.env["SLUICE_REMOVALS"] === "all";
const config = { memory: 256 * 1024 * 1024, output: 1024 * 1024, cpus: 1 };
const folder = mkdtempSync(path.join(tmpdir(), "sluicebox-removals-"));
const socket = path.join(folder, "plain");
const image = "sluicebox-test-raising:1";
const server = createServer();

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  await using kit = await startSandbox();
  await kit.sandbox.prepare({}, new AbortController().signal);
  const raising = `FROM ${recipeOf(defaults).tag}\nRUN cp /usr/bin/id /usr/bin/raising && chmod 4755 /usr/bin/raising && python3 -c "import os, struct; os.setxattr('/usr/bin/env', 'security.capability', struct.pack('<IIIII', 0x02000001, 1, 0, 0, 0))"\n`;
  execFileSync("docker", ["build", "-q", "-t", image, "-"], { input: raising });
});

afterAll(() => {
  server.close();
  execFileSync("docker", ["rmi", "-f", image]);
  rmSync(folder, { recursive: true, force: true });
});

describe("sluice verify, with one protection taken away", () => {
  const table = removals({ socket, folder, image }).filter((_, index) => all || index % 9 === 0);

  it.each(table)("should miss $name", async ({ fails, tries = fails, weaken }) => {
    await using kit = await startSandbox(config, true, undefined, { weaken });
    const failed: number[] = [];
    const details: string[] = [];
    for await (const { id, status, detail } of verify(kit.sandbox, { ...defaults, ...config }, signal(), {
      only: tries,
    })) {
      if (status !== "fail") continue;
      failed.push(id);
      details.push(`${id}: ${detail}`);
    }
    expect(failed, details.join("\n")).toEqual(fails);
  });

  it("should miss an input that ends with its host", async () => {
    await using kit = await startSandbox(config);
    const failed: number[] = [];
    const relaunch = secondHost("keep-input");
    const options = { only: [119], relaunch, patience: 1_000 };
    for await (const { id, status } of verify(kit.sandbox, { ...defaults, ...config }, signal(), options))
      if (status === "fail") failed.push(id);
    await kit.sandbox.clean({ all: false }, signal());
    expect(failed).toEqual([119]);
  });

  it("should name a case for each", () => {
    const known = new Set(cases.map(({ id }) => id));
    expect(
      removals({ socket, folder, image })
        .flatMap(({ fails }) => fails)
        .filter((id) => !known.has(id)),
    ).toEqual([]);
  });
});

const signal = () => new AbortController().signal;
