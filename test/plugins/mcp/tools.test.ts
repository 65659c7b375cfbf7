import { describe, expect, it } from "vitest";
import { printable } from "../../../core/kit/index.ts";
import { picture } from "../../fixtures/mcp/fake-box/index.ts";
import { closing, eras, serveMcp, texts, told } from "./mcp-kit.ts";

describe.each(eras)("the tools over HTTP, revision %s", (_name, era) => {
  const call = (name: string, args: object) => ({ name, arguments: { ...args } });

  it("should list themselves, with the flows of the profile", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const { tools } = await client.listTools();
    const names = ["run_code", "ask", "put_files", "get_file", "list_files", "list_runs", "get_run"];
    expect(tools.map(({ name }) => name)).toEqual(names);
    expect(tools[1]?.description).toContain("chat (takes text)");
    expect(client.getServerVersion()?.name).toBe("sluicebox");
  });

  it("should run code: output, errors, values and pictures in one answer", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const code = "print hello\ncomplain beware\nvalue 42\npicture\nfile out.txt";
    const result = await client.callTool(call("run_code", { code }));
    expect(result.isError).toBeFalsy();
    expect(texts(result)).toEqual(["hello\n", "stderr:\nbeware\n", "42"]);
    expect(result.content).toContainEqual({ type: "image", data: picture, mimeType: "image/png" });
    expect(told(result)).toMatchObject({ status: "ok", exitCode: 0, files: [{ path: "out.txt" }] });
    expect(closing(result)).toContain("files: out.txt (3 bytes)");
  });

  it("should give failed programs as errors, with their exit code", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const result = await client.callTool(call("run_code", { code: "print before\nexit 3" }));
    expect(result.isError).toBe(true);
    expect(texts(result)).toEqual(["before\n"]);
    expect(told(result)).toMatchObject({ status: "failed", exitCode: 3 });
    expect(closing(result)).toContain("exit code 3");
  });

  it("should ask a flow: what models say, their code and its output", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const result = await client.callTool(call("ask", { prompt: "What is it?" }));
    const [said, code, output, last] = texts(result).map((text) => text.trim());
    expect([said, output, last]).toEqual(["Let me see.", "42", "It is 42."]);
    expect(code).toBe("```python\nprint 42\n```");
    const unknown = await client.callTool(call("ask", { prompt: "x", flow: "nope" }));
    expect(unknown.isError).toBe(true);
    expect(closing(unknown)).toContain("SLUICE_FLOW_NOT_FOUND");
  });

  it("should put, list and get files of a session: text, pictures and bytes", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const bytes = Buffer.from([0, 1, 2, 255]).toString("base64");
    const files = [
      { path: "a.txt", text: "grüße" },
      { path: "b.png", base64: picture },
      { path: "d/c.bin", base64: bytes },
    ];
    await client.callTool(call("put_files", { session: "s", files }));
    await client.callTool(call("run_code", { session: "s", code: "print ready" }));
    const list = await client.callTool(call("list_files", { session: "s" }));
    expect(closing(list)).toContain("a.txt (7 bytes");
    const get = async (path: string) => (await client.callTool(call("get_file", { session: "s", path }))).content;
    expect(await get("a.txt")).toEqual([{ type: "text", text: "grüße" }]);
    expect(await get("b.png")).toEqual([{ type: "image", data: picture, mimeType: "image/png" }]);
    expect(await get("d/c.bin")).toMatchObject([
      { type: "resource", resource: { uri: "sluice://sessions/s/d/c.bin", blob: bytes } },
    ]);
    const missing = await client.callTool(call("get_file", { session: "s", path: "nope" }));
    expect([missing.isError, closing(missing)]).toEqual([true, expect.stringContaining("SLUICE_FILE_NOT_FOUND")]);
    const both = { session: "s", files: [{ path: "x", text: "", base64: "" }] };
    expect((await client.callTool(call("put_files", both))).isError).toBe(true);
  });

  it("should tell a file's name in one line, whatever it is", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const path = "a\nb.txt (1 byte, text/plain)\n\u001b[2Krun r_1: ok";
    const put = await client.callTool(call("put_files", { session: "s", files: [{ path, text: "x" }] }));
    const list = await client.callTool(call("list_files", { session: "s" }));
    for (const text of [closing(put), closing(list)]) {
      expect(text).toBe(printable(text));
      expect(text).toContain("a\\nb.txt");
    }
  });

  it("should refuse files that are larger than the profile lets it give", async () => {
    await using server = await serveMcp({ file: "4B" });
    const client = await server.connect(era);
    await client.callTool(call("put_files", { session: "s", files: [{ path: "big", text: "12345" }] }));
    await client.callTool(call("run_code", { session: "s", code: "print ready" }));
    const result = await client.callTool(call("get_file", { session: "s", path: "big" }));
    expect(closing(result)).toContain("SLUICE_FILE_TOO_LARGE");
  });

  it("should list runs and tell what one gave, its failure included, without failing itself", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const { run } = told(await client.callTool(call("run_code", { code: "print one\nexit 1" })));
    await client.callTool(call("run_code", { code: "print two" }));
    const list = await client.callTool(call("list_runs", { status: "failed" }));
    expect(JSON.parse(closing(list))).toMatchObject([{ run, status: "failed", exitCode: 1 }]);
    const again = await client.callTool(call("get_run", { run }));
    expect([again.isError, texts(again), told(again).status]).toEqual([undefined, ["one\n"], "failed"]);
    const unknown = await client.callTool(call("get_run", { run: "r-nope" }));
    expect(closing(unknown)).toContain("SLUICE_RUN_NOT_FOUND");
  });

  it("should tell progress while a call runs, and cancel the run when the call is given up", async () => {
    await using server = await serveMcp({ progress: "0ms" });
    const client = await server.connect(era);
    const heard = Promise.withResolvers<string>();
    const abort = new AbortController();
    const notices: number[] = [];
    const calling = client.callTool(call("ask", { prompt: "x", flow: "lazy" }), {
      signal: abort.signal,
      onprogress: ({ progress, message = "" }) => {
        notices.push(progress);
        if (message.includes("waiting")) heard.resolve(message);
      },
    });
    await heard.promise;
    const [record] = await server.host.runs.list({ status: "running" });
    const soFar = await client.callTool(call("get_run", { run: record?.run }));
    expect([texts(soFar), told(soFar).status]).toEqual([["waiting"], "running"]);
    abort.abort();
    await expect(calling).rejects.toThrow();
    const end = await server.host.runs.get(record?.run ?? "")?.done;
    expect(end?.data.status).toBe("cancelled");
    expect(notices).toEqual(notices.toSorted((a, b) => a - b));
  });

  it("should stop calls that take longer than they may", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const result = await client.callTool(call("run_code", { code: "hang", timeout: 0.05 }));
    expect([result.isError, told(result).status]).toEqual([true, "timeout"]);
  });

  it("should keep the ends of long output, and say how much is left out", async () => {
    await using server = await serveMcp({ output: "1000B" });
    const client = await server.connect(era);
    const result = await client.callTool(call("run_code", { code: "print begin\nflood 50000\nprint end" }));
    const [text = ""] = texts(result);
    expect(text.length).toBeLessThan(1100);
    expect(text).toMatch(/^begin\n.*characters are left out here.*end\n$/s);
  });

  it("should refuse arguments that do not fit the tool", async () => {
    await using server = await serveMcp();
    const client = await server.connect(era);
    const refused = async (name: string, args: object) => {
      const result = await client.callTool(call(name, args)).catch((error: Error) => error);
      return result instanceof Error || result.isError === true;
    };
    expect(await refused("run_code", {})).toBe(true);
    expect(await refused("run_code", { code: 5 })).toBe(true);
    expect(await refused("run_code", { code: "x", more: true })).toBe(true);
    expect(await refused("nope", {})).toBe(true);
    expect((await server.host.runs.list()).length).toBe(0);
  });
});
