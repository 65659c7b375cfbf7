import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHost } from "../../../core/index.ts";

let folder: string;
let file: string;

const profile = `# kept
version: 1
plugins:
  actor: { use: llm-scripted, with: { delay: 1ms, chunk: 3 } } # the actor
  cloud: { use: llm-openai, with: { model: gpt-5.2, apiKey: sk-planted-0123456789 } }
flows: { chat: actor }
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-editor-"));
  file = join(folder, "sluice.yaml");
  writeFileSync(file, profile);
  chmodSync(file, 0o640);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const start = () => createHost({ profile: file, cwd: folder, env: { SLUICE_HOME: join(folder, "home") } });
const read = () => readFileSync(file, "utf8");

describe("changing the profile of a running host", () => {
  it("should apply a live option without a restart, and keep every other byte and the file's rights", async () => {
    await using host = await start();
    const { profile: editor } = host.operation;
    const { text, revision } = await editor.read();
    const changed = editor.edit(text, "/plugins/actor/with/delay", "5ms");
    const instance = host.instance("actor");
    const outcome = await editor.apply(changed, revision, "test");
    expect(outcome).toMatchObject({
      status: "applied",
      changes: [{ instance: "actor", action: "live", options: ["delay"] }],
    });
    expect(read()).toBe(profile.replace("1ms", "5ms"));
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(host.instance("actor")).toBe(instance);
    expect(host.operation.instances().find(({ id }) => id === "actor")?.config["delay"]).toBe(5);
  });

  it("should put another instance in place where an option asks for it, and take it back", async () => {
    await using host = await start();
    const { profile: editor } = host.operation;
    const { text, revision } = await editor.read();
    const before = host.instance("actor");
    await editor.apply(text.replace("chunk: 3", "chunk: 9"), revision, "test");
    expect(host.instance("actor")).not.toBe(before);
    const run = host.runs.open({ flow: "chat", input: { text: "hi" } });
    expect((await run.done).data.status).toBe("ok");
    await editor.undo("test");
    expect(read()).toBe(profile);
    await expect(editor.read()).resolves.toMatchObject({ undo: true });
  });

  it("should never show a secret that stands in the text, and write it back unchanged", async () => {
    await using host = await start();
    const { profile: editor } = host.operation;
    const { text, revision } = await editor.read();
    expect(text).not.toContain("sk-planted");
    expect(JSON.stringify(host.operation.instances())).not.toContain("sk-planted");
    await editor.apply(text.replace("delay: 1ms", "delay: 2ms"), revision, "test");
    expect(read()).toBe(profile.replace("1ms", "2ms"));
  });

  it("should not judge what stands for a secret, however long or odd the secret has to be", async () => {
    const hook = '{ use: webhook, with: { url: "https://hooks.example.com/x", secret: the-key-of-all-hooks } }';
    writeFileSync(file, profile.replace("flows:", `  tell: ${hook}\nflows:`));
    await using host = await start();
    const { profile: editor } = host.operation;
    const { text, revision } = await editor.read();
    expect(text).not.toContain("the-key-of-all-hooks");
    const changed = text.replace("# kept", "# kept, and more");
    const checked = await editor.check(changed);
    expect(checked.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(checked.problems.filter(({ code }) => code === "SLUICE_CONFIG_LITERAL_SECRET")).toHaveLength(2);
    expect((await editor.apply(changed, revision, "test")).status).toBe("applied");
    expect(read()).toContain("the-key-of-all-hooks");
    // What somebody writes in its place is judged.
    const short = await editor.check(text.replace(/__SECRET_\d+__(?=\s*\} \}\nflows)/, "short"));
    expect(short.problems.find(({ severity }) => severity === "error")).toMatchObject({
      message: "`secret` must have at least 16 characters",
      cure: "Write 16 characters or more.",
    });
  });

  it("should reject what has problems, and refuse to write over somebody else's change", async () => {
    await using host = await start();
    const { profile: editor } = host.operation;
    const { text, revision } = await editor.read();
    const outcome = await editor.apply(text.replace("chunk: 3", "chnk: 3"), revision, "test");
    expect(outcome.status).toBe("rejected");
    expect(outcome.problems[0]).toMatchObject({ code: "SLUICE_CONFIG_UNKNOWN_KEY", line: 4, suggestion: "chunk" });
    expect(read()).toBe(profile);
    writeFileSync(file, `${profile}# by somebody else\n`);
    await expect(editor.apply(text, revision, "test")).rejects.toMatchObject({ code: "SLUICE_CONFIG_CONFLICT" });
    expect(read()).toContain("# by somebody else");
  });

  it.each([
    ["broken YAML", "flows: [", /rejected: .*line \d/],
    ["an option that nobody knows", profile.replace("chunk", "chnuk"), /rejected: .*`chnuk`/],
    ["a variable that is not set", profile.replace("gpt-5.2", `"${"$"}{env:SURELY_NOT_SET}"`), /SURELY_NOT_SET/],
  ])("should say in the log why a saved file is not served: %s", async (_, text, words) => {
    await using host = await start();
    const said: string[] = [];
    host.hostEvents$.subscribe((event) => {
      if (event.type === "log" && event.data.level === "warn") said.push(event.data.message);
    });
    writeFileSync(file, text);
    expect((await host.operation.profile.reload("watch")).status).toBe("rejected");
    expect(said).toEqual([expect.stringMatching(words)]);
    expect(said.join()).not.toContain("sk-planted");
    writeFileSync(file, profile);
    expect((await host.operation.profile.reload("watch")).status).toBe("applied");
    expect(said).toHaveLength(1);
  });

  it("should say what is added, which flows change, and what waits for the host's next start", async () => {
    await using host = await start();
    const { profile: editor } = host.operation;
    const { text } = await editor.read();
    const more = text
      .replace(
        "flows:",
        "  extra: { use: llm-scripted }\n  kept: { use: store-sqlite, with: { path: ./other.db } }\nflows:",
      )
      .replace("chat: actor", "chat: [actor]");
    const { changes } = await editor.check(more);
    expect(changes).toEqual([
      { instance: "extra", action: "add", options: [] },
      { instance: "kept", action: "host", options: [] },
      { instance: "store", action: "host", options: [] },
      { instance: "flows", action: "live", options: ["chat"] },
    ]);
  });

  it("should let runs finish on the instance they started with", async () => {
    writeFileSync(
      file,
      profile.replace("delay: 1ms, chunk: 3", "delay: 30ms, chunk: 1, script: [abcdefghij], repeat: true"),
    );
    await using host = await start();
    const run = host.runs.open({ flow: "chat", input: { text: "hi" } });
    for await (const { type } of run.events()) if (type === "text-delta") break;
    await host.operation.restart("actor", "test");
    expect((await run.done).data.status).toBe("ok");
  });
});
