import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type McpPlace, startMcp } from "./mcp-kit.ts";
import { nodeClients } from "./packages.ts";

const run = promisify(execFile);
const profile = join(import.meta.dirname, "scripted.yaml");

describe("the Inspector's command line", () => {
  let place: McpPlace | undefined;
  let folder: string;
  let command: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sluice-inspector-"));
    command = join(await nodeClients(), ".bin/inspector");
    place = await startMcp();
  });
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const inspect = async (...args: readonly string[]) => {
    // It keeps a folder in the home of whoever calls it.
    const env = { ...process.env, HOME: folder, SLUICE_HOME: join(folder, "state"), SLUICE_TRUST: "all" };
    const options = { cwd: folder, env };
    const { stdout } = await run(process.execPath, [command, "--cli", ...args], options).catch((error) => error);
    return stdout as string;
  };
  const overHttp = (...args: readonly string[]) => {
    const { url = "", token } = place ?? {};
    return inspect(url, "--transport", "http", "--header", `Authorization: Bearer ${token}`, ...args);
  };
  const call = (tool: string, ...args: readonly string[]) => {
    return ["--method", "tools/call", "--tool-name", tool, ...args.flatMap((arg) => ["--tool-arg", arg])];
  };
  const names = (text: string) => (JSON.parse(text) as { tools: { name: string }[] }).tools.map(({ name }) => name);
  const tools = ["run_code", "ask", "put_files", "get_file", "list_files", "list_runs", "get_run"];

  it("should list our tools and call them over HTTP, and find nothing to say of their schemas", async () => {
    expect(names(await overHttp("--method", "tools/list", "--strict"))).toEqual(tools);
    const printed = JSON.parse(await overHttp(...call("run_code", "code=print 42")));
    expect(printed).toMatchObject({ content: [{ type: "text", text: "42\n" }, {}] });
    expect(JSON.parse(await overHttp(...call("run_code", "code=exit 3")))).toMatchObject({ isError: true });
    const files = 'files=[{"path":"a.txt","text":"hello"}]';
    expect(await overHttp(...call("put_files", "session=s", files))).toContain("a.txt (5 bytes)");
    expect(await overHttp(...call("get_file", "session=s", "path=a.txt"))).toContain("hello");
    expect(JSON.parse(await overHttp("--method", "resources/list"))).toEqual({ resources: [] });
  });

  it("should start sluice mcp by itself, and ask a flow", async () => {
    const sluice = [process.execPath, resolve(import.meta.dirname, "../../../bin/run.js"), "mcp", "--profile", profile];
    expect(names(await inspect(...sluice, "--method", "tools/list"))).toEqual(expect.arrayContaining(["ask"]));
    expect(await inspect(...sluice, ...call("ask", "prompt=what is it?"))).toContain("It is 42.");
  });
});
