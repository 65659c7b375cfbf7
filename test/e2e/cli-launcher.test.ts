import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ended, Place, said, stop } from "./cli-kit.ts";

const command = resolve(import.meta.dirname, "../../bin/run.js");
const profile = `version: 1
plugins:
  script: { use: llm-scripted, with: { delay: 60s, script: ["one two three four five six seven eight nine ten"] } }
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
flows: { chat: script, run: script }
`;

/** A Node that is older than the one we need, where this machine has one. */
function olderNode(): string | undefined {
  return ["/usr/bin/node", "/usr/local/bin/node"].find((path) => {
    try {
      return Number(execFileSync(path, ["-p", "process.versions.node.split('.')[0]"]).toString()) < 24;
    } catch {
      return false;
    }
  });
}

const node = olderNode();

function launch(place: Place, args: readonly string[]) {
  return spawn(node ?? "node", [command, ...args], {
    cwd: place.folder,
    env: { ...process.env, SLUICE_HOME: place.home },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function childrenOf(pid: number | undefined): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === String(pid);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(node === undefined)("the command under an older Node", () => {
  it("should go on with the Node that was installed beside it, and pass its exit code", async () => {
    await using place = new Place(profile);
    expect(await ended(launch(place, ["check"]))).toMatchObject({ code: 0 });
    expect(await ended(launch(place, ["no-such-command"]))).toMatchObject({ code: 2 });
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("should stop a host by one %s, in order", async (signal) => {
    await using place = new Place(profile);
    const host = launch(place, ["up", "--json"]);
    await said(host, "host-ready");
    const end = await stop(host, signal);
    expect([end.code, end.signal]).toEqual([0, null]);
    expect(end.stderr.match(/stopping:/g)).toHaveLength(1);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("should end a run by %s", async (signal, code) => {
    await using place = new Place(profile);
    const ask = launch(place, ["ask", "hi"]);
    await said(ask, "one");
    expect((await stop(ask, signal)).code).toBe(code);
  });

  it("should die of the signal that the other died of", async () => {
    await using place = new Place(profile);
    const ask = launch(place, ["ask", "hi"]);
    await said(ask, "one");
    const [child] = childrenOf(ask.pid);
    const end = ended(ask);
    process.kill(child ?? 0, "SIGKILL");
    expect((await end).signal).toBe("SIGKILL");
  });

  it("should leave nothing behind when it is killed itself", async () => {
    await using place = new Place(profile);
    const host = launch(place, ["up", "--json"]);
    await said(host, "host-ready");
    const [child] = childrenOf(host.pid);
    expect(child).toBeTypeOf("number");
    host.kill("SIGKILL");
    await once(host, "exit");
    await expect.poll(() => isAlive(child ?? 0), { timeout: 10_000 }).toBe(false);
  });
});
