import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { Place, Terminal } from "./cli-kit.ts";

const profile = `version: 1
plugins:
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
  model: { use: llm-scripted, with: { script: [{ text: x, hang: true }], repeat: true } }
  log: { use: log-file, with: { path: log.ndjson } }
flows: { chat: model }
`;

describe("sluice top", () => {
  it("should show a table once, each look as an object, and draw on a terminal until q", async () => {
    await using place = new Place(profile);
    await place.up();
    const asked = place.start(["ask", "hi"]);
    await expect.poll(async () => (await place.run(["runs"])).stdout).toContain("running");
    const once_ = await place.run(["top", "--once"]);
    expect(once_.code).toBe(0);
    expect(once_.stdout).toMatch(/1 run under way .* events\/s .* memory .* lag .* answers in /);
    expect(once_.stdout).toMatch(/^model +llm-scripted +ok /m);
    expect(once_.stdout).toMatch(/^log +log-file +ok +\S+ +0 +- +\d+ /m);
    expect(once_.stdout).toMatch(/^\S+ +chat +\d/m);
    expect(once_.stdout).not.toContain("\u001b");
    const json = place.start(["top", "--json", "--interval", "100ms"]);
    const looks: { host: { runs: number }; instances: { id: string }[]; runs: unknown[] }[] = [];
    if (json.stdout === null) throw new Error("stdout is piped");
    for await (const line of createInterface({ input: json.stdout })) if (looks.push(JSON.parse(line)) === 3) break;
    json.kill("SIGINT");
    await once(json, "exit");
    expect(looks.map(({ host, runs }) => [host.runs, runs.length])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(looks[0]?.instances.map(({ id }) => id)).toEqual(expect.arrayContaining(["wire", "model", "log"]));
    await using terminal = new Terminal(place, ["top"]);
    await terminal.shows("INSTANCE");
    await terminal.shows("llm-scripted");
    terminal.type("q");
    expect(await terminal.exitCode).toBe(0);
    asked.kill("SIGKILL");
  });

  it("should write one look after the other where nothing can be drawn over", async () => {
    await using place = new Place(profile);
    await place.up();
    await using terminal = new Terminal(place, ["top"], { TERM: "dumb" });
    await terminal.shows("INSTANCE");
    const looks = () => terminal.seen.split("INSTANCE").length;
    await expect.poll(looks, { timeout: 60_000 }).toBeGreaterThan(2);
    expect(terminal.seen).not.toContain("\u001b");
  });

  it("should say that no host is up, and end when the host does", async () => {
    await using place = new Place(profile);
    expect((await place.run(["top", "--once"])).code).toBe(69);
    await place.up();
    const top = place.start(["top", "--interval", "50ms"]);
    if (top.stdout === null) throw new Error("stdout is piped");
    await once(top.stdout, "data");
    await place.run(["down"]);
    const [code] = await once(top, "exit");
    expect(code).toBe(69);
  });
});
