import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SluiceClient } from "../../../core/client/index.ts";
import { createHost } from "../../../core/index.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-traffic-"));
  file = join(folder, "sluice.yaml");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs that are begun in a second, one after the other. */
const pace = 50;

describe("reloads under traffic", () => {
  it("should lose and double no event, and cut no run", async () => {
    const [steady, one, other] = [await freePort(), await freePort(), await freePort()];
    const model = (text: string, more = "") =>
      `{ use: llm-scripted, with: { script: [{ text: ${text} }], repeat: true, delay: 1ms${more} } }`;
    const profile = (parts: { model?: string; extra?: string; ports?: [number, number]; flow?: string }) => {
      const [x, y] = parts.ports ?? [one, other];
      return `version: 1
plugins:
  model: ${parts.model ?? model("abcdefghijklmnop", ", chunk: 1")}
  second: ${model("second")}
  wire: { use: websocket, with: { listen: "127.0.0.1:${steady}" } }
  x: { use: websocket, with: { listen: "127.0.0.1:${x}" } }
  y: { use: websocket, with: { listen: "127.0.0.1:${y}", token: "a-token-of-sixteen" } }
${parts.extra ?? ""}
flows:
  chat: ${parts.flow ?? "model"}
`;
    };
    const save = (text: string): void => {
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
    };
    save(profile({}));
    await using host = await createHost({
      ...{ profile: file, cwd: folder, env: { SLUICE_HOME: join(folder, "home") }, transports: true },
    });
    await using client = new SluiceClient({ url: `ws://127.0.0.1:${steady}/`, token: host.info.token ?? "" });
    await client.ready();
    const ends: Promise<string>[] = [];
    let on = true;
    const traffic = (async () => {
      while (on) {
        ends.push(whole(client));
        await new Promise((resolve) => setTimeout(resolve, 1000 / pace));
      }
    })();
    const outcomes: string[] = [];
    const changes = [
      profile({ extra: `  more: ${model("more")}` }),
      profile({}),
      profile({ model: model("swapped", ", chunk: 2") }),
      profile({ ports: [other, one] }),
      `${profile({})}\nbroken: [`,
      profile({ ports: [one, other] }),
      profile({}).replace("a-token-of-sixteen", "another-token-of-x"),
      profile({ flow: "[model, second]" }),
      profile({}),
    ];
    for (const text of changes) {
      save(text);
      outcomes.push((await host.operation.profile.reload("test")).status);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    on = false;
    await traffic;
    expect(outcomes).toEqual(changes.map((_, index) => (index === 4 ? "rejected" : "applied")));
    const seen = await Promise.all(ends);
    expect(new Set(seen)).toEqual(new Set(["ok"]));
    expect(seen.length).toBeGreaterThan(20);
  }, 60_000);
});

/** One run, read to its end: `ok`, or what was wrong with it. */
async function whole(client: SluiceClient): Promise<string> {
  let last = 0;
  let end = "no end";
  await client.run("chat", { text: "hi" }).forEach((event) => {
    if (event.seq !== last + 1) end = `${event.seq} after ${last}`;
    last = event.seq;
    if (event.type === "run-end" && end === "no end")
      end = [event.data.status, event.data.reason ?? ""].join(" ").trim();
  });
  return end;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
