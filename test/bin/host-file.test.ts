import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readHostFile, refuseSecondHost, writeHostFile } from "../../bin/host/host-file.ts";

const details = {
  listen: null,
  address: "http://127.0.0.1:1",
  url: "http://127.0.0.1:1/",
  token: "secret",
  profile: "/p/sluice.yaml",
};

describe("host.json", () => {
  let state: string;
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), "sluice-"));
  });
  afterEach(() => rmSync(state, { recursive: true }));

  it("should be readable by its owner alone, and be all that is left", () => {
    writeHostFile(state, details);
    expect(statSync(join(state, "host.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(state)).toEqual(["host.json"]);
    expect(readHostFile(state)).toMatchObject({ ...details, pid: process.pid });
  });

  it("should refuse a second host, and name the first", () => {
    writeHostFile(state, details);
    expect(() => refuseSecondHost(state)).toThrow(/http:\/\/127\.0\.0\.1:1/);
    expect(() => writeHostFile(state, details)).toThrow(expect.objectContaining({ code: "SLUICE_HOST_RUNNING" }));
  });

  it("should take over from a host that died, even when its number is somebody else's now", () => {
    writeHostFile(state, details);
    const file = JSON.parse(readFileSync(join(state, "host.json"), "utf8"));
    writeFileSync(join(state, "host.json"), JSON.stringify({ ...file, started: "another boot/1" }));
    expect(readHostFile(state)).toBeUndefined();
    writeHostFile(state, { ...details, address: "http://127.0.0.1:2" });
    expect(readHostFile(state)?.address).toBe("http://127.0.0.1:2");
  });

  it("should be removed by its own host alone", () => {
    const written = writeHostFile(state, details);
    const file = JSON.parse(readFileSync(join(state, "host.json"), "utf8"));
    writeFileSync(join(state, "host.json"), JSON.stringify({ ...file, host: "another" }));
    written[Symbol.dispose]();
    expect(readdirSync(state)).toEqual(["host.json"]);
    writeFileSync(join(state, "host.json"), JSON.stringify(file));
    written[Symbol.dispose]();
    expect(readdirSync(state)).toEqual([]);
  });

  it("should take another token of its own host's alone, and write into no file that somebody put in its way", () => {
    const planted = join(state, "planted");
    writeFileSync(planted, "untouched");
    symlinkSync(planted, join(state, `host.json.${process.pid}`));
    const written = writeHostFile(state, details);
    written.update({ token: "another" });
    expect(readHostFile(state)).toMatchObject({ ...details, token: "another" });
    expect(statSync(join(state, "host.json")).mode & 0o777).toBe(0o600);
    expect(readFileSync(planted, "utf8")).toBe("untouched");
    const file = JSON.parse(readFileSync(join(state, "host.json"), "utf8"));
    writeFileSync(join(state, "host.json"), JSON.stringify({ ...file, host: "another" }));
    written.update({ token: "third" });
    expect(readHostFile(state)?.token).toBe("another");
    expect(readdirSync(state).sort()).toEqual(["host.json", `host.json.${process.pid}`, "planted"]);
  });

  it("should bear a file that is no JSON", () => {
    writeFileSync(join(state, "host.json"), "{");
    expect(readHostFile(state)).toBeUndefined();
  });
});
