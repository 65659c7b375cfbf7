import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../../plugins/docker-sandbox/check.ts";
import { BindError, resolveBind } from "../../../plugins/docker-sandbox/container/binds.ts";
import { defaults, startSandbox } from "../../docker/sandbox-kit.ts";

const folder = mkdtempSync(path.join(tmpdir(), "sluicebox-binds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const own = path.join(folder, "own");
mkdirSync(own);
const linkTo = (name: string, target: string) => {
  symlinkSync(target, path.join(folder, name));
  return path.join(folder, name);
};
const socket = path.join(folder, "plain");

describe("a folder of the host that is to be shown", () => {
  const refused: readonly string[] = [
    ...["/", "/proc", "/sys", "/dev", "/dev/mem", "/run", "/var/run", "/var", "/var/lib", "/proc/1/root/home"],
    ...["/var/run/docker.sock", "/run/containerd", "/var/lib/docker/volumes", "//", "/./", "/srv/../proc", "/tmp/../"],
    linkTo("to-root", "/"),
    linkTo("to-proc", "/proc/self"),
    linkTo("to-run", "/var/run"),
    linkTo("to-link", path.join(folder, "to-root")),
    path.join(linkTo("to-dev", "/dev"), "shm"),
  ];
  it.each(refused)("should not be %s", (source) => {
    expect(() => resolveBind(`${source}:/data`, "/var/run/docker.sock")).toThrow(BindError);
    expect(check({ ...defaults, binds: [`${source}:/data`] })).toHaveLength(1);
  });

  it("should be no socket, whatever it is called, nor what holds the engine's", async () => {
    const server = createServer().listen(socket);
    try {
      await new Promise((resolve) => server.once("listening", resolve));
      expect(() => resolveBind(`${socket}:/data`, "/var/run/docker.sock")).toThrow(/neither a folder nor a file/);
      expect(() => resolveBind(`${folder}:/data`, socket)).toThrow(/hand the host/);
      expect(() => resolveBind(`${linkTo("other-name", socket)}:/data`, socket)).toThrow(/hand the host/);
    } finally {
      server.close();
    }
  });

  it.each(["/proc/x", "/sys", "/usr", "/usr/bin/python3", "/opt", "/opt/sluice/x", "/", "/lib", "/tmp", "/workspace"])(
    "should not be put at %s",
    (target) => {
      expect(() => resolveBind(`${own}:${target}`, "/var/run/docker.sock")).toThrow(/the sandbox's own/);
    },
  );

  it("should be what its name leads to", () => {
    const name = linkTo("to-own", own);
    expect(resolveBind(`${name}/:/data:rw`, "/var/run/docker.sock")).toEqual({
      source: own,
      target: "/data",
      mode: "rw",
    });
    expect(resolveBind(`${own}:/workspace/data`, "/var/run/docker.sock")).toMatchObject({ mode: "ro" });
    // Of another machine nothing can be looked at.
    expect(resolveBind("/not/here:/data", undefined)).toMatchObject({ source: "/not/here" });
  });

  it("should refuse the sandbox's start with a code and a cure", async () => {
    await expect(startSandbox({ binds: [`${path.join(folder, "to-run")}:/data`] })).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_BIND_REFUSED",
      message: expect.stringContaining("to-run"),
      cure: expect.stringContaining("Name"),
    });
    await expect(startSandbox({ binds: [`${folder}/none:/data`] })).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_BIND_REFUSED",
      message: expect.stringContaining("is not there"),
    });
  });
});
