import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
let folder: string;
/** A repository whose last commit is that of its version. */
let repository: string;

/** Without a network: what asks one for commits fails. */
const env = {
  ...process.env,
  GIT_ALLOW_PROTOCOL: "none",
  GIT_CONFIG_GLOBAL: "/dev/null",
  NO_COLOR: "1",
  CI: "1",
};

function run(file: string, args: readonly string[], cwd = repository): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    execFile(file, args, { cwd, env }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` });
    });
  });
}
const changes = (...args: readonly string[]) => run(join(repository, "bin/changes"), args);

async function commit(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(repository, path), text);
  await run("git", ["add", "--all"]);
  const who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"];
  const committed = await run("git", [...who, "commit", "--quiet", "--message", Object.keys(files).join(" and ")]);
  expect(committed).toEqual({ code: 0, said: "" });
}

const told = (bump: string, text: string) => `---\n"sluicebox": ${bump}\n---\n\n${text}\n`;
const nothing = "---\n---\n";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-changes-"));
  repository = join(folder, "repository");
  for (const name of ["bin", "core", "plugins", "docs", ".changeset"])
    mkdirSync(join(repository, name), { recursive: true });
  cpSync(join(root, "bin/changes"), join(repository, "bin/changes"));
  cpSync(join(root, ".changeset/config.json"), join(repository, ".changeset/config.json"));
  symlinkSync(join(root, "node_modules"), join(repository, "node_modules"));
  await run("git", ["init", "--quiet", "--initial-branch", "main"]);
  const manifest = { name: "sluicebox", version: "0.1.0" };
  await commit({
    ".gitignore": "node_modules\n",
    "package.json": `${JSON.stringify(manifest, undefined, 2)}\n`,
    "package-lock.json": `${JSON.stringify({ ...manifest, lockfileVersion: 3 })}\n`,
    "CHANGELOG.md": "# sluicebox\n\n## 0.1.0\n\nThe first version.\n",
    "core/a.ts": "1",
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("what has changed, and what is told of it", () => {
  it.each(["core/a.ts", "bin/b.ts", "plugins/c.ts"])("should be asked for since the last version: %s", async (path) => {
    await commit({ [path]: "2" });
    const { code, said } = await changes();
    expect([code, said]).toEqual([1, expect.stringContaining("no changesets were found")]);
    await commit({ ".changeset/one.md": told("minor", "Something is new.") });
    expect(await changes()).toEqual({ code: 0, said: expect.stringContaining("sluicebox -> 0.2.0") });
  });

  it("should be nothing for users where an empty one says so, or where only documents changed", async () => {
    await commit({ "docs/a.md": "2" });
    expect(await changes()).toMatchObject({ code: 0 });
    await commit({ "core/a.ts": "2", ".changeset/nothing.md": nothing });
    expect(await changes()).toMatchObject({ code: 0 });
  });

  it("should be asked for by what is not committed, and be wrong where it names another package", async () => {
    writeFileSync(join(repository, "core/a.ts"), "2");
    expect(await changes()).toMatchObject({ code: 1 });
    await commit({ ".changeset/other.md": told("minor", "It is new.").replace("sluicebox", "somebody-else") });
    expect(await changes()).toMatchObject({ code: 1 });
  });

  it("should be told anew by each branch", async () => {
    await commit({ "core/a.ts": "2", ".changeset/one.md": told("minor", "Something is new.") });
    await run("git", ["checkout", "--quiet", "-b", "mine"]);
    await commit({ "core/a.ts": "3" });
    expect(await changes()).toMatchObject({ code: 1 });
    expect(await changes("HEAD~2")).toMatchObject({ code: 0 });
    await commit({ ".changeset/two.md": told("patch", "Something is mended.") });
    expect(await changes()).toMatchObject({ code: 0 });
  });

  it("should be left alone, in words, where there is no history or too little of it", async () => {
    await commit({ "core/a.ts": "2" });
    const shallow = join(folder, "shallow");
    // The clone alone needs a protocol.
    await run("env", [
      "-u",
      "GIT_ALLOW_PROTOCOL",
      "git",
      "clone",
      "--quiet",
      "--depth=1",
      `file://${repository}`,
      shallow,
    ]);
    const inShallow = await run(join(shallow, "bin/changes"), [], shallow);
    expect(inShallow).toEqual({ code: 0, said: expect.stringMatching(/was not looked at/) });
    rmSync(join(repository, ".git"), { recursive: true });
    expect(await changes()).toEqual({ code: 0, said: expect.stringMatching(/was not looked at/) });
    expect(await changes("nonsense")).toMatchObject({ code: 0 });
  });

  it("should say which commit it does not know", async () => {
    expect(await changes("nonsense")).toEqual({ code: 2, said: expect.stringContaining("nonsense") });
  });

  it("should become the changelog and the number of the next version", async () => {
    await commit({
      "core/a.ts": "2",
      ".changeset/one.md": told("minor", "Something is new.\n\n- This.\n- That."),
      ".changeset/two.md": told("patch", "Something is mended."),
    });
    expect(await run(join(root, "node_modules/.bin/changeset"), ["version"])).toMatchObject({ code: 0 });
    const read = (path: string) => readFileSync(join(repository, path), "utf8");
    expect(JSON.parse(read("package.json")).version).toBe("0.2.0");
    expect(read("CHANGELOG.md")).toMatch(
      /^# sluicebox\n\n## 0\.2\.0\n\n### Minor Changes\n\n- \w{7}: Something is new\.\n {2}\n {2}- This\.\n {2}- That\.\n\n### Patch Changes\n\n- \w{7}: Something is mended\.\n\n## 0\.1\.0\n\nThe first version\.\n$/,
    );
    expect(readdirSync(join(repository, ".changeset"))).toEqual(["config.json"]);
    await run("git", ["add", "--all"]);
    await commit({ "docs/released.md": "" });
    expect(await changes()).toMatchObject({ code: 0 });
    await commit({ "core/a.ts": "3" });
    expect(await changes()).toMatchObject({ code: 1 });
  });
});
