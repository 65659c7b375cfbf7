import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type McpPlace, startMcp, withToken } from "./mcp-kit.ts";
import { nodeClients } from "./packages.ts";

const run = promisify(execFile);

describe("the conformance suite of the Model Context Protocol, of our server", () => {
  let folder: string;
  let suite: string;
  let place: McpPlace | undefined;
  let transport: Awaited<ReturnType<typeof withToken>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sluice-conformance-"));
    suite = join(await nodeClients(), "@modelcontextprotocol/conformance/dist/index.js");
    transport = await withToken(
      () => place?.url ?? "",
      () => place?.token ?? "",
    );
    // One scenario is a page of this machine, which our server lets in where it is told to.
    place = await startMcp({
      origins: [new URL(transport.url.replace("127.0.0.1", "localhost")).origin, new URL(transport.url).origin],
    });
  });
  afterAll(async () => {
    await transport?.[Symbol.asyncDispose]();
    await place?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("should fail in nothing but what is listed with its reason", async () => {
    const baseline = new URL("mcp-conformance.yaml", import.meta.url).pathname;
    const args = [suite, "server", "--url", transport.url, "--expected-failures", baseline, "--output-dir", folder];
    const { stdout } = await run(process.execPath, args, { cwd: folder });
    const passed = stdout.matchAll(/^✓ (\S+): [1-9]\d* passed, 0 failed$/gm);
    expect([...passed].map(([, name]) => name)).toEqual([
      "server-initialize",
      "ping",
      "tools-list",
      "server-sse-multiple-streams",
      "dns-rebinding-protection",
    ]);
  });
});
