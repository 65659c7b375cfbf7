import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, ended, Place, profile } from "./cli-kit.ts";

/** What somebody types in the first hour: each command once, as it is documented, against a real engine. */
describe("a host in the background", () => {
  let place: Place;
  beforeAll(async () => {
    place = new Place(profile);
    const started = await place.run(["up", "-d"]);
    expect(started).toMatchObject({ code: 0, stdout: "" });
    expect(started.stderr).toMatch(/^ready at http:\/\/127\.0\.0\.1:\d+\n {2}pid \d+; `sluice logs -f` follows it/);
  });
  afterAll(async () => {
    await place.run(["down", "--timeout", "20s", "--force"]);
    await place[Symbol.asyncDispose]();
  });

  it("should refuse a second one", async () => {
    const second = await place.run(["up", "-d"]);
    expect(second).toMatchObject({ code: 69 });
    expect(second.stderr).toContain("`sluice down`");
  });

  it("should be used by commands of its folder without a word, and named elsewhere", async () => {
    expect(await place.run(["run", "-e", "print(1)"])).toMatchObject({ stdout: "1\n", stderr: "", code: 0 });
    const runs = await place.run(["runs"]);
    expect(runs.stdout).toMatch(/STARTED \(UTC/);
  });

  it("should move files of a session, list it and end it", async () => {
    mkdirSync(join(place.folder, "data/.deep"), { recursive: true });
    place.write("data/a.txt", "a");
    place.write("data/.deep/b.bin", Buffer.from([0, 255]));
    expect((await place.run(["sessions", "put", "mine", "data"])).stderr).toBe("2 files put\n");
    const read = "import os; print(open('data/a.txt').read(), open('data/.deep/b.bin', 'rb').read())";
    expect((await place.run(["run", "--session", "mine", "-e", read])).stdout).toBe("a b'\\x00\\xff'\n");
    expect((await place.run(["sessions", "list"])).stdout).toMatch(/^mine /m);
    expect((await place.run(["sessions", "get", "mine"])).stdout).toMatch(/^data\/a\.txt +1 B/m);
    expect((await place.run(["sessions", "get", "mine", "data/a.txt", "--into", "out"])).code).toBe(0);
    expect(place.read("out/data/a.txt").toString()).toBe("a");
    expect((await place.run(["sessions", "get", "mine", "../x", "--into", "out"])).stderr).toContain("SLUICE_FILE_");
    expect((await place.run(["sessions", "stop", "mien"])).stderr).toContain("Did you mean `mine`?");
    expect(await place.run(["sessions", "stop", "mine"])).toMatchObject({ code: 0, stderr: "" });
  });

  it("should show as many of the newest lines as were asked for, whatever else has happened", async () => {
    for (let count = 0; count < 4; count += 1) await place.run(["runs"]);
    const all = (await place.run(["logs"])).stdout.trimEnd().split("\n");
    expect(all.length).toBeGreaterThan(3);
    expect((await place.run(["logs", "-n", "3"])).stdout.trimEnd().split("\n")).toEqual(all.slice(-3));
    expect((await place.run(["logs", "-n", "0"])).stdout).toBe("");
  });

  it("should show a run with its head and its end, by the beginning of its id", async () => {
    await place.run(["run", "-e", "print('seen'); raise SystemExit(3)"]);
    const [newest] = (await place.run(["runs", "--json", "--limit", "1"])).stdout.split("\n");
    const { run } = JSON.parse(newest ?? "") as { run: string };
    const shown = await place.run(["runs", run.slice(2, -2)]);
    expect(shown.stdout).toContain("seen\n");
    expect(shown.stderr).toContain(`[${run}: flow run, session `);
    expect(shown.stderr).toMatch(/\[failed after \S+, exit code 3/);
    expect((await place.run(["attach", "last"])).stderr).toContain("exit code 3");
  });

  it("should tell once of a disk that is full", () => {
    const words = ["-c", 'exec "$0" "$@" > /dev/full', process.execPath, command, "run", "-e", "print(1)"];
    const { status, stderr } = spawnSync("bash", words, {
      ...{ cwd: place.folder, env: { ...process.env, SLUICE_HOME: place.home, SLUICE_TRUST: "all" }, encoding: "utf8" },
    });
    expect(status).toBe(69);
    expect(stderr.match(/SLUICE_OUTPUT_FAILED/g)).toHaveLength(1);
    expect(stderr).toContain("the disk is full");
  });

  it("should not end well where standard error is lost", () => {
    const code = "import sys; print(1); print(2, file=sys.stderr)";
    const words = ["-c", 'exec "$0" "$@" 2> /dev/full', process.execPath, command, "run", "-e", code];
    const { status, stdout } = spawnSync("bash", words, {
      ...{ cwd: place.folder, env: { ...process.env, SLUICE_HOME: place.home, SLUICE_TRUST: "all" }, encoding: "utf8" },
    });
    expect({ status, stdout }).toEqual({ status: 69, stdout: "1\n" });
  });

  it.each([["doctor"], ["logs", "-f"], ["tap"], ["plugins", "list"]])(
    "should end without a word when whoever reads it has gone: %s %s",
    async (...words) => {
      const child = spawn(
        "bash",
        ["-c", '"$0" "$@" | head -1; exit ${PIPESTATUS[0]}', process.execPath, command, ...words],
        {
          cwd: place.folder,
          env: { ...process.env, SLUICE_HOME: place.home, SLUICE_TRUST: "all" },
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      const end = ended(child);
      // What follows has something to write, and finds that nobody reads it.
      while (child.exitCode === null) await place.run(["run", "-e", "1"]);
      expect(await end).toMatchObject({ code: 0, stderr: "" });
    },
  );

  it("should cancel a run, and say of one that has ended that it had", async () => {
    const child = place.start(["run", "-e", "print('on', flush=True)\nimport time; time.sleep(600)"]);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    expect((await place.run(["cancel", "last"])).stderr).toMatch(/^r_\w+ is cancelled\n$/);
    expect(await ended).toBe(130);
    expect((await place.run(["cancel", "last"])).stderr).toContain("no run is under way");
    const [newest] = (await place.run(["runs", "--json", "--limit", "1"])).stdout.split("\n");
    const { run } = JSON.parse(newest ?? "") as { run: string };
    expect(await place.run(["cancel", run])).toMatchObject({
      code: 0,
      stderr: `${run} had ended already: cancelled\n`,
    });
  });

  it("should restart an instance, tell of it in its logs, and restart as a whole", async () => {
    expect(await place.run(["restart", "box"])).toMatchObject({ code: 0, stderr: "box was restarted\n" });
    expect((await place.run(["restart", "bxo"])).stderr).toContain("has no instance `bxo`\n  = Did you mean `box`?");
    const logs = await place.run(["logs", "--json"]);
    expect(logs.stdout).toContain('"message":"instance.restart"');
    expect((await place.run(["restart"])).stderr).toMatch(/^ready at /);
    expect((await place.run(["run", "-e", "print(2)"])).stdout).toBe("2\n");
  });

  it("should be stopped by down, say nothing bad where none is up, and leave its log", async () => {
    expect((await place.run(["down"])).stderr).toMatch(/^stopped http/);
    expect(await place.run(["down"])).toMatchObject({ code: 0, stderr: "no host is up\n" });
    const logs = await place.run(["logs"]);
    expect(logs.stdout).toContain("ready at");
    expect(logs.stderr).toContain("no host is up; this is");
  });

  it("should tell why it could not start", async () => {
    const failed = await place.run(["up", "-d", "--listen", "203.0.113.1:9"]);
    expect(failed.code).toBe(69);
    expect(failed.stderr).toContain("SLUICE_HOST_NOT_STARTED");
    expect(failed.stderr.match(/203\.0\.113\.1/g)).toHaveLength(1);
    const odd = await place.run(["up", "--listen", "nowhere"]);
    expect(odd.stderr).toContain("--listen wants an address");
  });
});

describe("variables from a file", () => {
  it("should be asked for by a flag that Node does not take, and be missed in our words", async () => {
    await using place = new Place(profile);
    place.write("some.env", "A=1\nNODE_OPTIONS=--require=./not-there.cjs\n");
    const missing = await place.run(["run", "--env-from", "none.env", "-e", "1"]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain("error[SLUICE_USAGE]: none.env cannot be read");
    const given = await place.run(["run", "--env-from", "some.env", "-e", "import os; print(os.environ['A'])"]);
    expect(given).toMatchObject({ stdout: "1\n", stderr: "", code: 0 });
    place.write("plain.env", "A=1\n");
    const nodes = await place.run(["run", "--env-file", "plain.env", "-e", "1"]);
    expect(nodes.code).toBe(2);
    expect(nodes.stderr).toContain("Write --env-from plain.env.");
  });
});

describe("a folder without a profile", () => {
  it("should get one by init, which check finds good, and which no second init writes over", async () => {
    await using place = new Place("");
    const made = await place.run(["init", "--force", "--yes", "--from", "offline", "--network", "pypi.org,a.com"]);
    expect(made).toMatchObject({ code: 0 });
    expect(place.read("sluice.yaml").toString()).toContain("network: { allow: [pypi.org, a.com] }");
    const checked = await place.run(["check"]);
    expect(checked.stdout).toMatch(/sluice\.yaml: ok, 5 instances\n$/);
    expect((await place.run(["init"])).stderr).toContain("sluice.yaml is here already");
    const kept = place.read("sluice.yaml");
    expect((await place.run(["init", "--force", "--memory", "5x"])).code).toBe(78);
    expect(place.read("sluice.yaml")).toEqual(kept);
  });

  it("should find a profile by name, and say which name was meant", async () => {
    await using place = new Place("version: 1\n");
    expect((await place.run(["profiles"])).stdout).toMatch(/^offline /m);
    const wrong = await place.run(["run", "-p", "ofline", "-e", "1"]);
    expect(wrong).toMatchObject({ code: 78 });
    expect(wrong.stderr).toContain("Did you mean `offline`?");
  });

  it("should end check in one line of counts, with warnings apart", async () => {
    await using place = new Place("version: 1\nplugins:\n  box: { use: docker-sandbox, with: { memroy: 1g } }\n");
    const checked = await place.run(["check"]);
    expect(checked.stdout.trimEnd().split("\n").at(-1)).toBe("sluice.yaml: 1 error");
  });

  it("should complete commands and flags in fish", async () => {
    await using place = new Place("version: 1\n");
    const { stdout } = await place.run(["completion", "fish"]);
    expect(stdout).toContain("complete -c sluice -n '__fish_seen_subcommand_from run' -l timeout");
    expect(stdout).toContain("-x -a 'running ok failed");
  });

  it("should complete commands and flags in bash, by what it prints and no file", async () => {
    await using place = new Place("version: 1\n");
    const { stdout } = await place.run(["completion", "bash"]);
    expect(existsSync(`${place.home}/cache/autocomplete`)).toBe(false);
    const script = `${stdout}
complete_words() { COMP_WORDS=(sluice "$@"); COMP_CWORD=$#; COMPREPLY=(); "$name" sluice "\${@: -1}"; echo "\${COMPREPLY[*]}"; }
[[ $(complete -p sluice) =~ -F.([^ ]+) ]]; name=\${BASH_REMATCH[1]}
complete_words sessions ""
complete_words run --timeo`;
    expect(execFileSync("bash", ["-c", script], { encoding: "utf8" })).toBe("get list put stop\n--timeout\n");
  });
});
