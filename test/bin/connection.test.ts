import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseHost, type HostWish } from "../../bin/host/connection.ts";
import { writeHostFile } from "../../bin/host/host-file.ts";

/** A host serves `here/sluice.yaml`; the command is typed in one of three folders. */
let root: string;
const told: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-"));
  for (const name of ["here", "there", "bare", "home"]) mkdirSync(join(root, name));
  for (const name of ["here", "there"]) writeFileSync(join(root, name, "sluice.yaml"), "version: 1\n");
  vi.stubEnv("SLUICE_HOME", join(root, "home"));
  told.length = 0;
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    told.push(String(text));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function up(url: string | null = "http://127.0.0.1:1/"): void {
  const profile = join(root, "here", "sluice.yaml");
  writeHostFile(join(root, "home", "state"), { address: url, url, token: "secret", profile, listen: null });
}

function choose(folder: string, wish: Partial<HostWish> = {}): "host" | "own" | string {
  vi.spyOn(process, "cwd").mockReturnValue(join(root, folder));
  try {
    return chooseHost({ profile: undefined, ...wish }) === undefined ? "own" : "host";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const there = () => ({ profile: join(root, "there", "sluice.yaml") });
const here = () => ({ profile: join(root, "here", "sluice.yaml") });

describe("the host that a command uses", () => {
  it.each<[string, () => Partial<HostWish>, string]>([
    ["here", () => ({}), "host"],
    ["there", () => ({}), "own"],
    ["there", here, "host"],
    ["here", there, "own"],
    ["there", () => ({ host: true }), "host"],
    ["here", () => ({ host: false }), "own"],
    ["there", () => ({ needsHost: true }), "SLUICE_HOST_UNAVAILABLE"],
    ["there", () => ({ needsHost: true, host: true }), "host"],
    ["here", () => ({ needsHost: true, host: false }), "SLUICE_USAGE"],
    ["here", () => ({ ...there(), needsHost: true }), "SLUICE_HOST_UNAVAILABLE"],
    ["here", () => ({ ...there(), host: true }), "SLUICE_HOST_UNAVAILABLE"],
  ])("should, in the folder %s with %s, be chosen by profile, and nothing said", (folder, wish, expected) => {
    up();
    expect(choose(folder, wish())).toBe(expected);
    expect(told).toEqual([]);
  });

  it("should be named where the folder has no profile of its own", () => {
    up();
    expect(choose("bare")).toBe("host");
    expect(told.join("")).toMatch(/host http.* is used, which serves .*here\/sluice\.yaml; --no-host/);
    expect(choose("bare", { quiet: true })).toBe("host");
    expect(choose("bare", { host: true })).toBe("host");
    expect(told).toHaveLength(1);
  });

  it("should be needed or not where none is up", () => {
    expect(choose("here")).toBe("own");
    expect(choose("here", { host: true })).toBe("SLUICE_HOST_UNAVAILABLE");
    expect(choose("here", { needsHost: true })).toBe("SLUICE_HOST_UNAVAILABLE");
  });

  it("should not be one without a transport for this command, unless it is needed", () => {
    up(null);
    expect(choose("here")).toBe("own");
    expect(choose("here", { needsHost: true })).toBe("host");
  });
});
