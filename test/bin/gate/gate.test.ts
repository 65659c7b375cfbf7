import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Gate } from "../../../bin/gate/gate.ts";

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: string;
}

const own = { Config: { Labels: { "sluicebox.owner": "h" } } };
const id = "a".repeat(64);
const other = "b".repeat(64);

/** An engine that knows containers by the names it is told, and what it was asked. */
class FakeEngine {
  readonly heard: Heard[] = [];
  readonly containers = new Map<string, object>();
  readonly #server: Server = createServer(async (asked, answer) => {
    let body = "";
    for await (const chunk of asked) body += String(chunk);
    const { method = "", url = "" } = asked;
    this.heard.push({ method, path: url, type: asked.headers["content-type"], body });
    const [, name = ""] = /^\/containers\/([\w.-]+)\/json/.exec(url) ?? [];
    const found = this.containers.get(name);
    answer.writeHead(name !== "" && found === undefined ? 404 : 200).end(JSON.stringify(found ?? { message: "none" }));
  });

  async listen(path: string): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(path, resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What was done, beside looking. */
  get done(): readonly Heard[] {
    return this.heard.filter(({ method }) => method !== "GET");
  }
}

let folder = "";
let engine: FakeEngine;
let gate: Gate;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-gate-"));
  engine = new FakeEngine();
  await engine.listen(join(folder, "engine"));
  const settings = { build: true, network: false, onRefused: () => undefined };
  gate = new Gate({ listen: join(folder, "gate"), engine: join(folder, "engine"), ...settings });
  await gate.start();
  engine.containers.set(id, { Id: id, ...own });
});
afterEach(async () => {
  await gate[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function ask(method: string, path: string, body = "", type = "application/json"): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
  const sent = request({ socketPath: join(folder, "gate"), method, path, headers, agent: false });
  sent.on("error", reject).on("response", (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  sent.end(body);
  return promise;
}

describe("the gate, asked by somebody who has taken the host over", () => {
  it("should start containers without the settings that older engines read in the request", async () => {
    const settings = JSON.stringify({ Privileged: true, Binds: ["/:/host"] });
    expect(await ask("POST", `/v1.18/containers/${id}/start`, settings)).toBe(403);
    expect(await ask("POST", `/containers/${id}/start`, settings)).toBe(200);
    expect(engine.done).toEqual([{ method: "POST", path: `/containers/${id}/start`, type: undefined, body: "" }]);
  });

  it.each(["ab", "0123456789ab"])("should not touch another's container that is called %s later", async (name) => {
    engine.containers.set(name, { Id: id, ...own });
    expect(await ask("GET", `/containers/${name}/json`)).toBe(200);
    // Ours is gone, and the name, or the beginning of an id, is of another now.
    engine.containers.set(name, { Id: other, Config: { Labels: {} } });
    expect(await ask("DELETE", `/containers/${name}?force=1`)).toBe(403);
    expect(await ask("POST", `/containers/${name}/attach?stream=1`)).toBe(403);
    expect(engine.done).toEqual([]);
  });

  it("should ask the engine by the whole id, so that no name changes between the look and the deed", async () => {
    engine.containers.set("ab", { Id: id, ...own });
    expect(await ask("DELETE", "/containers/ab?force=1")).toBe(200);
    expect(engine.done.map(({ path }) => path)).toEqual([`/containers/${id}?force=1`]);
  });

  it("should tell of one that is gone what the engine tells", async () => {
    expect(await ask("DELETE", "/containers/gone?force=1")).toBe(404);
    expect(engine.done).toEqual([]);
  });

  it("should give a build its context, which no engine reads as parameters", async () => {
    const form = "t=postgres&networkmode=host&remote=http://x";
    expect(await ask("POST", "/build?t=sluicebox-a", form, "application/x-www-form-urlencoded")).toBe(200);
    expect(engine.done).toEqual([
      { method: "POST", path: "/build?t=sluicebox-a", type: "application/x-tar", body: form },
    ]);
  });
});
