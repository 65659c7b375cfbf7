import { describe, expect, it } from "vitest";
import { startTestHost } from "../../../core/testing/index.ts";
import { closing, serveMcp } from "../../plugins/mcp/mcp-kit.ts";

const names = ["", " ", "\n", "a\0", "a\tb", "a\u0085", "\ud83d", "x".repeat(129), "x".repeat(100_000)];
const fine = ["s", "../../x", "__proto__", "constructor", "für 😀", "a b", "x".repeat(128)];
const scripted = { use: "llm-scripted", with: { script: ["Hi."], repeat: true } };

describe("a session's name", () => {
  it.each(names)("should be refused by every way in, and leave nothing behind: %j", async (session) => {
    await using started = await startTestHost({
      store: false,
      config: { version: 1, plugins: { scripted }, flows: {} },
    });
    const { runs, sessions } = started.host;
    const refused = expect.objectContaining({ code: "SLUICE_SESSION_NAME" });
    const codes = [];
    for await (const event of runs.open({ flow: "scripted", input: { text: "x" }, session }).events()) {
      if (event.type === "error") codes.push(event.data.code);
    }
    expect(codes).toEqual(["SLUICE_SESSION_NAME"]);
    await expect(sessions.put(session, [{ path: "a", content: new Uint8Array() }])).rejects.toEqual(refused);
    expect(sessions.list()).toEqual([]);
    expect(runs.active).toBe(0);
  });

  it("should be refused to callers of tools, in few words", async () => {
    await using server = await serveMcp();
    const client = await server.connect({ mode: "legacy" });
    for (const session of names.slice(1)) {
      const files = [{ path: "a", text: "" }];
      for (const [name, rest] of [
        ["run_code", { code: "" }],
        ["put_files", { files }],
      ] as const) {
        const answer = await client.callTool({ name, arguments: { session, ...rest } });
        expect(closing(answer)).toContain("SLUICE_SESSION_NAME");
        expect(closing(answer).length).toBeLessThan(400);
      }
    }
    const unknown = await client.callTool({ name: "get_run", arguments: { run: "r".repeat(100_000) } });
    expect(closing(unknown).length).toBeLessThan(200);
    expect(server.host.sessions.list()).toEqual([]);
  });

  it.each(fine)("may be %j", async (session) => {
    await using server = await serveMcp();
    const client = await server.connect({ mode: "legacy" });
    const answer = await client.callTool({ name: "run_code", arguments: { session, code: "print 1" } });
    expect(answer.isError).toBeFalsy();
    expect(server.host.sessions.list().map((each) => each.session)).toEqual([session]);
  });
});

describe("files of one message", () => {
  it("should be refused where one is there twice, and where an argument is unknown, by its place", async () => {
    await using server = await serveMcp();
    const client = await server.connect({ mode: "legacy" });
    const put = async (...files: readonly object[]) =>
      closing(await client.callTool({ name: "put_files", arguments: { session: "s", files } }));
    expect(await put({ path: "t", text: "1" }, { path: "t", text: "2" })).toContain('"t" is there twice');
    expect(await put({ path: "t", text: "1", mode: 755 })).toContain("there is no argument files[0].mode");
    expect(server.host.sessions.list()).toEqual([]);
  });
});
