import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type CommandOptions, ended, modelHome, Place, said, stop } from "./cli-kit.ts";

const command = resolve(import.meta.dirname, "../../bin/run.js");
const profile = `version: 1
plugins:
  script: { use: llm-scripted, with: { delay: 60s, script: ["one two three four five six seven eight nine ten"] } }
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
  tiny: { use: llm-local, with: { model: "hf:nobody-${process.pid}/none/m.gguf" } }
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

function launch(place: Place, args: readonly string[], env: CommandOptions["env"] = {}) {
  return spawn(node ?? "node", [command, ...args], {
    cwd: place.folder,
    env: { ...process.env, SLUICE_HOME: place.home, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** A server that takes every question and answers none. */
async function silentHub(): Promise<AsyncDisposable & { readonly url: string; readonly asked: Promise<unknown> }> {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  const asked = once(server, "request");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, asked, [Symbol.asyncDispose]: close };
}

async function until(isSo: () => boolean): Promise<void> {
  await expect.poll(isSo, { timeout: 60_000 }).toBe(true);
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

/** One that has ended and that nobody has asked about yet is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
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

  /** What a person may interrupt, and how far it has come. An idle chat waits for a line. */
  const stages: Readonly<Record<string, { args: readonly string[]; says?: string; input?: string }>> = {
    "an idle chat": { args: ["chat"] },
    "a chat that answers": { args: ["chat"], says: "one", input: "hi\n" },
    "a run": { args: ["ask", "hi"], says: "one" },
    "a host": { args: ["up", "--json"], says: "host-ready" },
    "a download": { args: ["models", "pull", "tiny"] },
  };
  const everywhere = ["SIGINT", "SIGKILL"] as const;
  const elsewhere = ["SIGTERM", "SIGHUP", "SIGQUIT"] as const;
  // The others have tests of their own above, or `npm run test:signals`.
  const signals = process.env["SLUICE_SIGNALS"] === "all" ? [...everywhere, ...elsewhere] : everywhere;
  const cases = Object.keys(stages).flatMap((stage) => signals.map((signal) => [stage, signal] as const));

  it.each(cases)("should leave no process behind when %s gets one %s", async (name, signal) => {
    await using hub = await silentHub();
    await using place = new Place(profile);
    const { args, says, input } = stages[name] ?? { args: [] };
    // The runtime of models is there, so that the file is what is fetched.
    const home = name === "a download" ? { SLUICE_HOME: modelHome } : {};
    const child = launch(place, args, { HF_ENDPOINT: hub.url, ...home });
    if (input !== undefined) child.stdin.write(input);
    if (says === undefined) await until(() => childrenOf(child.pid).length > 0);
    else await said(child, says);
    if (name === "a download") await hub.asked;
    const children = childrenOf(child.pid);
    const end = ended(child);
    child.kill(signal);
    // A chat goes on after one Ctrl-C; its input is still open.
    if (name === "a chat that answers" && signal === "SIGINT") child.stdin.end();
    const { stderr } = await end;
    await until(() => !children.some(isAlive));
    expect(stderr).not.toMatch(/\n {4}at |ERR_/);
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
    await until(() => !isAlive(child ?? 0));
  });
});
