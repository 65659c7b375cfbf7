import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { Place } from "./cli-kit.ts";

const recording = resolve(import.meta.dirname, "../fixtures/recordings/every-event.ndjson");

/** Fails whatever leaves the process: a socket, a name that is looked up, another process. */
const alone = `import net from "node:net";
import dns from "node:dns";
import dgram from "node:dgram";
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
const refuse = (what) => () => { process.stderr.write("REACHED OUT: " + what + "\\n"); process.exit(99); };
net.Socket.prototype.connect = refuse("socket");
net.Server.prototype.listen = refuse("server");
dns.lookup = refuse("name");
dgram.createSocket = refuse("datagram");
for (const name of ["spawn", "spawnSync", "exec", "execFile", "execFileSync", "fork"]) childProcess[name] = refuse(name);
globalThis.fetch = refuse("fetch");
syncBuiltinESMExports();
`;

describe("sluice replay", () => {
  it("should give a recording of every event again, byte for byte, without network and Docker", async () => {
    await using place = new Place("this is no profile: [");
    const lock = pathToFileURL(place.write("alone.mjs", alone)).href;
    const env = { NODE_OPTIONS: `--import ${lock}`, DOCKER_HOST: "tcp://127.0.0.1:1", SLUICE_TRUST: undefined };
    const json = await place.run(["replay", recording, "--json"], { env });
    expect(json.stderr).not.toContain("REACHED OUT");
    expect(json.stdout).toBe(readFileSync(recording, "utf8"));
    const shown = await place.run(["replay", recording], { env });
    expect(shown.stdout).toContain("hello World");
    expect(shown.stdout).toContain("It works.");
    expect(shown.stderr).toMatch(/\[events 1 to \d+ are missing\]/);
    // What the lock refuses is refused: the proof of it is that it can fail.
    const control = await place.run(["top", "--once"], { env });
    expect(control.code).toBe(69);
    const reaching = await place.run(["doctor"], { env });
    expect(reaching.code === 99 || reaching.stderr.includes("REACHED OUT")).toBe(true);
  });
});
