import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SluiceClient } from "../core/client/index.ts";
import { functionsIn, type NamedFunction, type Trace, traceCommand } from "./house/call-trace.ts";

const root = new URL("../", import.meta.url);
const page = readFileSync(new URL("docs/architecture.md", root), "utf8");

interface Step extends NamedFunction {
  /** A number, or a dash for what happens beside the others. */
  readonly step: string;
}

/** The rows of the tables that tell a way, by the heading above them. */
function waysOf(text: string): ReadonlyMap<string, readonly Step[]> {
  const ways = new Map<string, Step[]>();
  let heading = "";
  for (const line of text.split("\n")) {
    heading = /^## (.*)/.exec(line)?.[1] ?? heading;
    const row = /^\| (\d+|-) \| `([^`]+)` \| `([^`]+)` \|/.exec(line);
    if (row === null) continue;
    const [, step = "", file = "", name = ""] = row;
    ways.set(heading, [...(ways.get(heading) ?? []), { step, file, name }]);
  }
  return ways;
}

const ways = waysOf(page);
const steps = [...ways.values()].flat();
const numbered = (heading: string) => {
  const rows = (ways.get(heading) ?? []).filter(({ step }) => step !== "-");
  return rows
    .filter(({ file }) => !file.startsWith("plugins/docker-sandbox/"))
    .map(({ file, name }) => `${file} ${name}`);
};

const folder = mkdtempSync(join(tmpdir(), "sluice-ways-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(
  join(folder, "base.yaml"),
  "version: 1\nplugins:\n  box: { use: sandbox-scripted, with: { script: [out] } }\n",
);
const lines = [
  "version: 1",
  "extends: ./base.yaml",
  "plugins:",
  "  wire: { use: websocket, with: { listen: 127.0.0.1:0 } }",
  "flows: { run: box }",
];
writeFileSync(join(folder, "sluice.yaml"), lines.join("\n"));
const env = { SLUICE_HOME: join(folder, "home"), SLUICE_TRUST: "all", NO_COLOR: "1" };
const profile = ["-p", join(folder, "sluice.yaml")];

/** In the order in which they were entered, those alone that a way names. */
const inOrder = ({ entered }: Trace, wanted: readonly string[]) =>
  entered.map(({ file, name }) => `${file} ${name}`).filter((each) => wanted.includes(each));

describe("the ways that docs/architecture.md tells", () => {
  it("should name functions that stand in the files it names", () => {
    expect([...ways.keys()]).toHaveLength(3);
    const missing = steps.filter(({ file, name }) => {
      const found = functionsIn(file, readFileSync(new URL(file, root), "utf8"));
      return !found.has(name);
    });
    expect(missing).toEqual([]);
  });

  it("should be the ways that a run takes, and its profile", { timeout: 120_000 }, async () => {
    const trace = await traceCommand(["run", "-e", "x", "--no-host", ...profile], steps, env);
    const [code] = await once(trace.process, "close");
    expect(code).toBe(0);
    const [run = "", , profileWay = ""] = [...ways.keys()];
    expect(inOrder(trace, numbered(run))).toEqual(numbered(run));
    expect(inOrder(trace, numbered(profileWay))).toEqual(numbered(profileWay));
  });

  it("should be the way that an open takes", { timeout: 120_000 }, async () => {
    const trace = await traceCommand(["up", "--json", ...profile], steps, env);
    const closed = once(trace.process, "close");
    let address = "";
    for await (const line of trace.lines) {
      address = /"address":"(http[^"]+)"/.exec(line)?.[1] ?? "";
      if (address !== "") break;
    }
    const { token } = JSON.parse(readFileSync(join(folder, "home", "state", "host.json"), "utf8"));
    const client = new SluiceClient({ url: address, token });
    try {
      for await (const event of client.run("run", { code: "x" })) if (event.type === "run-end") break;
    } finally {
      client.close();
      trace.process.kill("SIGTERM");
    }
    await closed;
    const [, open = ""] = [...ways.keys()];
    expect(inOrder(trace, numbered(open))).toEqual(numbered(open));
  });
});
