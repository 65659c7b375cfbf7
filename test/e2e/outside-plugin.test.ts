import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const tsc = join(root, "node_modules/.bin/tsc");
const execute = promisify(execFile);

/** A folder somewhere else, into which the package is installed as npm packs it. */
const folder = mkdtempSync(join(tmpdir(), "sluice-outside-"));
const env = {
  ...process.env,
  SLUICE_HOME: join(folder, "home"),
  SLUICE_TRUST: "all",
  NO_COLOR: "1",
  NODE_ENV: "production",
};
const command = join(folder, "node_modules/.bin/sluice");

async function run(file: string, args: readonly string[], cwd = folder) {
  const { stdout, stderr } = await execute(file, args, { cwd, env }).catch((failure: unknown) => {
    const { code, ...said } = failure as { code: unknown; stdout: string; stderr: string };
    return { stdout: said.stdout, stderr: `${said.stderr}\nexit ${code}` };
  });
  return { stdout, stderr };
}

const profile = (options: string) => `
version: 1
plugins:
  polly: { use: sluice-plugin-parrot, with: { ${options} } }
flows: { chat: polly }
`;

describe("a plugin package outside of the repository", () => {
  beforeAll(async () => {
    await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root);
    const packed = readdirSync(folder).find((name) => name.endsWith(".tgz"));
    writeFileSync(join(folder, "package.json"), `{ "private": true, "type": "module" }`);
    cpSync(join(root, "test/fixtures/outside/parrot"), join(folder, "parrot"), { recursive: true });
    const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    const installed = await run("npm", ["install", ...quiet, `./${packed}`]);
    expect(installed.stderr).toBe("");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(["bundler", "nodenext"])("should compile strictly against the contract alone: %s", async (kind) => {
    const { stdout } = await run(tsc, ["-p", `tsconfig.${kind}.json`], join(folder, "parrot"));
    expect(stdout).toBe("");
  });

  it("should keep the promises of a lifecycle, once it is packed and installed", async () => {
    await run("npm", ["pack", "--pack-destination", folder], join(folder, "parrot"));
    rmSync(join(folder, "parrot"), { recursive: true });
    const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    await run("npm", ["install", ...quiet, "./sluice-plugin-parrot-1.0.0.tgz"]);
    writeFileSync(
      join(folder, "suite.mjs"),
      `import { lifecycleSuite } from "sluicebox/testing";
       const subject = { use: "sluice-plugin-parrot", host: { cwd: import.meta.dirname } };
       for (const { name, run } of lifecycleSuite(subject)) { await run(); console.log(name); }`,
    );
    const { stdout, stderr } = await run(process.execPath, ["suite.mjs"]);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toContain("should bear being disposed of twice");
  });

  it("should answer in a profile that names it", async () => {
    writeFileSync(join(folder, "sluice.yaml"), profile("times: 2"));
    expect(await run(command, ["ask", "hello"])).toEqual({ stdout: "hello hello\n", stderr: "" });
  });

  it("should fail with its own error: code, cure and exit code", async () => {
    writeFileSync(join(folder, "sluice.yaml"), profile("voice: false"));
    const { stderr } = await run(command, ["ask", "hello"]);
    expect(stderr).toContain("error[PLUGIN_PARROT_MUTE]: polly has no voice");
    expect(stderr).toContain("Set voice: true.");
    expect(stderr).toContain("exit 42");
  });

  it("should have its check told with its own code at the option's place", async () => {
    writeFileSync(join(folder, "sluice.yaml"), profile("times: 20"));
    const { stdout, stderr } = await run(command, ["check"]);
    expect(`${stdout}${stderr}`).toMatch(
      /error\[PLUGIN_PARROT_HOARSE\]: 20 times is too often\n {2}--> sluice.yaml:4:\d+/,
    );
    expect(`${stdout}${stderr}`).toContain("Set times to 9 at most.");
  });

  it("should list its errors beside its options", async () => {
    const { stdout } = await run(command, ["plugins", "info", "sluice-plugin-parrot"]);
    expect(stdout).toContain("PLUGIN_PARROT_MUTE");
  });
});
