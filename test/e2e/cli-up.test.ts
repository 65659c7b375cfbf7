import type { ChildProcess } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containersOf, ended, events, Place, profile, said, stop } from "./cli-kit.ts";

describe("sluice up", () => {
  let place: Place;
  let host: ChildProcess;
  beforeAll(async () => {
    place = new Place(profile);
    host = (await place.up()).child;
  });
  afterAll(() => place[Symbol.asyncDispose]());

  const step = (session: string, code: string) => place.run(["run", "--session", session, "-e", code]);

  it("should keep what it wants of clients in a file for its owner alone", () => {
    expect(statSync(join(place.home, "state", "host.json")).mode & 0o777).toBe(0o600);
  });

  it("should share variables between two steps of a session, and with no other session", async () => {
    expect((await step("one", "x = 41")).code).toBe(0);
    expect(await step("one", "print(x + 1)")).toMatchObject({ stdout: "42\n", code: 0 });
    const other = await step("two", "print(x)");
    expect(other.stderr).toContain("NameError");
    expect(other.code).toBe(1);
  });

  it("should bring the files of a session's run back", async () => {
    const run = await place.run([
      "run",
      "--session",
      "files",
      "--get",
      "got",
      "-e",
      "n = open('a.txt', 'w').write('A' * 600000)",
    ]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(place.read("got/a.txt")).toHaveLength(600_000);
  });

  it("should answer a program that asks, over the wire", async () => {
    const run = await place.run(["run", "-e", "print(input())"], { input: "over the wire\n" });
    expect(run).toMatchObject({ stdout: "over the wire\n", code: 0 });
  });

  it("should start a session's sandbox, and stop it", async () => {
    expect(await place.run(["sandbox", "start", "mine"])).toMatchObject({ stdout: "mine\n", code: 0 });
    const listed = await place.run(["sandbox", "list", "--json"]);
    expect(listed.stdout).toContain('"session":"mine"');
    expect((await place.run(["sandbox", "stop", "mine"])).code).toBe(0);
    const gone = await place.run(["sandbox", "stop", "mine"]);
    expect(gone.code).toBe(69);
    expect(gone.stderr).toContain("SLUICE_SESSION_NOT_FOUND");
  });

  it("should take a token that is replaced meanwhile, and be found with it by other commands", async () => {
    const tokenIn = () => (JSON.parse(place.read("home/state/host.json").toString()) as { token: string }).token;
    const before = tokenIn();
    const rotated = await place.run(["token", "--rotate"]);
    expect(rotated.stderr).toContain("has ended what the old one let in");
    expect(tokenIn()).toBe(rotated.stdout.trim());
    expect(tokenIn()).not.toBe(before);
    expect(await place.run(["run", "-e", "print(1)"])).toMatchObject({ stdout: "1\n", code: 0 });
  });

  it("should cancel a run whose command is interrupted, and go on itself", async () => {
    const child = place.start(["run", "-e", "import time; print('ready', flush=True); time.sleep(600)"]);
    await said(child, "ready");
    child.kill("SIGINT");
    expect((await ended(child)).code).toBe(130);
    expect(await place.run(["run", "-e", "print('alive')"])).toMatchObject({ stdout: "alive\n", code: 0 });
  });

  it("should cancel a run whose command is killed", async () => {
    const child = place.start([
      "run",
      "--session",
      "killed",
      "-e",
      "import time; print('ready', flush=True); time.sleep(600)",
    ]);
    await said(child, "ready");
    await stop(child, "SIGKILL");
    await expect
      .poll(async () => (await place.run(["runs", "--session", "killed"])).stdout, { interval: 500 })
      .toContain("cancelled");
  });

  it("should list runs and show one again", async () => {
    await step("shown", "print('once more')");
    const listed = await place.run(["runs", "--session", "shown", "--json"]);
    const { run, status } = JSON.parse(listed.stdout);
    expect(status).toBe("ok");
    const shown = await place.run(["runs", run]);
    expect(shown.stdout).toBe("once more\n");
    const attached = await place.run(["attach", run, "--after", "1", "--json"]);
    expect(events(attached.stdout)[0]?.seq).toBe(2);
    expect(attached.code).toBe(0);
  });

  it("should let live options be seen and changed", async () => {
    expect((await place.run(["settings", "set", "script", "delay=1ms"])).code).toBe(0);
    const settings = await place.run(["settings", "get", "script", "--json"]);
    expect(JSON.parse(settings.stdout)).toMatchObject({ delay: 1 });
    const refused = await place.run(["settings", "set", "script", "nonsense=1"]);
    expect(refused.stderr).toContain("delay");
    expect(refused.code).toBe(78);
  });

  it("should refuse a second host for the same user, and name the first", async () => {
    const second = await place.run(["up"]);
    expect(second.code).toBe(69);
    expect(second.stderr).toContain("SLUICE_HOST_RUNNING");
    expect(second.stderr).toContain(String(host.pid));
  });

  it("should run another profile in its own process", async () => {
    place.write("other.yaml", profile.replace("run: box", "run: box\n  other: box"));
    const run = await place.run(["run", "-p", "other.yaml", "-f", "other", "-e", "print('other')"]);
    expect(run).toMatchObject({ stdout: "other\n", code: 0 });
    const refused = await place.run(["run", "-p", "other.yaml", "-e", "1", "--session", "s"]);
    expect(refused.stderr).toContain("serves");
    expect(refused.code).toBe(69);
  });

  it("should stop with SIGTERM, exit 0 and leave nothing", async () => {
    const end = await stop(host, "SIGTERM");
    expect(end.code).toBe(0);
    expect(await containersOf(host)).toEqual([]);
    expect((await place.run(["run", "--session", "x", "-e", "1"])).stderr).toContain("no host is up");
  });
});

describe("sluice up, killed", () => {
  it("should be followed by a host that knows its runs as lost and removes its containers", async () => {
    await using place = new Place(profile);
    const { child } = await place.up();
    const run = place.start([
      "run",
      "--session",
      "s",
      "-e",
      "import time; print('ready', flush=True); time.sleep(600)",
    ]);
    await said(run, "ready");
    await stop(child, "SIGKILL");
    expect((await ended(run)).code).toBe(69);
    const next = await place.up();
    const listed = await place.run(["runs", "--status", "lost", "--json"]);
    const record = JSON.parse(listed.stdout);
    const shown = await place.run(["runs", record.run, "--json"]);
    expect(events(shown.stdout).map(({ type }) => type)).toContain("exec-stdout");
    expect(events(shown.stdout).at(-1)).toMatchObject({ type: "run-end", data: { status: "lost" } });
    await expect.poll(() => containersOf(child)).toEqual([]);
    await stop(next.child, "SIGINT");
  });
});
