import { describe, expect, it } from "vitest";
import { check } from "../../../plugins/docker-sandbox/check.ts";
import type { DockerSandboxConfig } from "../../../plugins/docker-sandbox/config.ts";
import { parseAddress } from "../../../plugins/docker-sandbox/engine/address.ts";
import { defaults } from "../../docker/sandbox-kit.ts";

const MIB = 1024 * 1024;
const pathsOf = (changed: Partial<DockerSandboxConfig>) => check({ ...defaults, ...changed }).map(({ path }) => path);

describe("the sandbox's check", () => {
  it("should accept the defaults", () => {
    expect(check(defaults)).toEqual([]);
  });

  it("should refuse folders that leave no memory to programs", () => {
    expect(pathsOf({ workspace: 1000 * MIB })).toEqual(["/workspace"]);
    expect(pathsOf({ memory: 128 * MIB })).toEqual(["/memory"]);
    expect(pathsOf({ memory: 256 * MIB })).toEqual([]);
  });

  it("should say what is not available yet", () => {
    expect(pathsOf({ channel: "websocket" })).toEqual(["/channel"]);
  });

  it("should name the entries of network.allow that are not understood", () => {
    const wrong = [
      "*",
      "https://a.com",
      "a.com/path",
      "a.*",
      "**.a.com",
      "10.0.0.0/33",
      "a.com:0",
      "a.com:x",
      "::1:80:",
      "",
    ];
    expect(pathsOf({ network: { allow: wrong } })).toEqual(wrong.map((_, index) => `/network/allow/${index}`));
    expect(check({ ...defaults, network: { allow: ["a.com", "a b"] } })).toMatchObject([
      { path: "/network/allow/1", message: expect.stringContaining("a b"), cure: expect.stringContaining("*.a.com") },
    ]);
    const right = [
      "a.com",
      "*.a.com:443",
      "1.2.3.4",
      "10.0.0.0/8:80",
      "[::1]:80",
      "2001:db8::/32",
      "localhost",
      "bücher.de",
    ];
    expect(pathsOf({ network: { allow: right } })).toEqual([]);
  });

  it("should refuse host folders that hand over the host", () => {
    const binds = [
      "/:/host",
      "/var/run/docker.sock:/sock",
      "/run/docker.sock:/sock:ro",
      "/srv/../var/run/docker.sock:/sock",
      "/var/run:/x",
      "/data:/",
      "/data:/opt/sluice",
      "/data:/proc/1",
      "/data:/workspace",
      "data:/data",
      "/data:data",
      "/data:/data:z",
      "/data:/data:rw:x",
      "/data",
    ];
    expect(pathsOf({ binds })).toEqual(binds.map((_, index) => `/binds/${index}`));
    expect(pathsOf({ binds: ["/srv/data:/data", "/srv/data:/data:ro", "/srv/out:/workspace/out:rw"] })).toEqual([]);
  });

  it("should refuse an engine it cannot reach", () => {
    expect(pathsOf({ docker: { host: "ssh://me@there" } })).toEqual(["/docker/host"]);
    expect(pathsOf({ docker: { host: "unix:///run/user/1000/podman/podman.sock" } })).toEqual([]);
  });
});

describe("the engine's address", () => {
  it("should be read as DOCKER_HOST is", () => {
    expect(parseAddress({})).toMatchObject({ socketPath: "/var/run/docker.sock" });
    expect(parseAddress({ host: "unix:///x.sock" })).toMatchObject({ socketPath: "/x.sock" });
    expect(parseAddress({ host: "tcp://1.2.3.4:2375" })).toMatchObject({ host: "1.2.3.4", port: 2375, secure: false });
    expect(parseAddress({ host: "tcp://1.2.3.4" })).toMatchObject({ port: 2375 });
    expect(parseAddress({ host: "https://engine" })).toMatchObject({ port: 2376, secure: true });
    expect(parseAddress({ host: "tcp://x", socket: "/y.sock" })).toMatchObject({ socketPath: "/y.sock" });
    expect(() => parseAddress({ host: "npipe:////./pipe/x" })).toThrow("npipe");
  });
});
