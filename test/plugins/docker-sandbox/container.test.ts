import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { createOptions } from "../../../plugins/docker-sandbox/container/create-options.ts";
import {
  isAlive,
  isElsewhere,
  labelsOf,
  ownerOf,
  sessionOf,
} from "../../../plugins/docker-sandbox/container/labels.ts";
import {
  type ContainerInspection,
  type KernelLimits,
  verifyEnforced,
  verifyInspected,
} from "../../../plugins/docker-sandbox/container/verify.ts";
import { recipeOf } from "../../../plugins/docker-sandbox/image-build/recipe.ts";
import { tar } from "../../../plugins/docker-sandbox/image-build/tar.ts";
import { defaults, ownOwner } from "../../docker/sandbox-kit.ts";

const asked = createOptions({ config: defaults, user: { uid: 40_001, gid: 40_001 }, image: "i", labels: {} });

/** What an engine says that did as it was told; Docker's own spellings where they differ. */
const honest = (): ContainerInspection => ({
  Config: { User: "0:0", Env: [] },
  HostConfig: {
    ...structuredClone(asked.HostConfig),
    CapAdd: ["CAP_KILL", "CAP_SETGID", "CAP_SETUID"],
    SecurityOpt: asked.HostConfig.SecurityOpt.map((option) => option.replace(/^no-new-privileges$/, "$&=true")),
    PidMode: "",
    Devices: null,
  },
});

const enforced: KernelLimits = {
  memory: defaults.memory,
  pids: 100,
  cpus: 2,
  capabilities: "00000000000000e0",
  noNewPrivileges: "1",
  seccomp: "2",
  confined: null,
};

describe("reading limits back", () => {
  it("should accept what was applied", () => {
    expect(() => verifyInspected(asked, honest())).not.toThrow();
    expect(() => verifyEnforced(asked, enforced)).not.toThrow();
  });

  for (const [field, value] of Object.entries({
    CapDrop: [],
    CapAdd: ["SYS_ADMIN"],
    SecurityOpt: ["no-new-privileges", "seccomp=unconfined"],
    Privileged: true,
    ReadonlyRootfs: false,
    Tmpfs: {},
    Memory: 0,
    MemorySwap: -1,
    NanoCpus: 0,
    PidsLimit: null,
    Ulimits: [],
    ShmSize: 4 * 1024 ** 3,
    DeviceCgroupRules: ["c 1:1 rwm"],
    GroupAdd: ["docker"],
    VolumesFrom: ["other"],
    NetworkMode: "host",
    PublishAllPorts: true,
    Runtime: "other",
    Binds: ["/:/host"],
    AutoRemove: false,
    RestartPolicy: { Name: "always" },
    IpcMode: "host",
    CgroupnsMode: "host",
    LogConfig: { Type: "json-file" },
    PidMode: "host",
    UTSMode: "host",
    UsernsMode: "host",
    Devices: [{}],
    Mounts: [{}],
    PortBindings: { "80/tcp": [] },
    MaskedPaths: [],
    ReadonlyPaths: [],
  })) {
    it(`should refuse a container whose ${field} is another`, () => {
      const inspected = honest();
      const changed = { ...inspected, HostConfig: { ...inspected.HostConfig, [field]: value } };
      expect(() => verifyInspected(asked, changed as ContainerInspection)).toThrow(
        expect.objectContaining({ code: "SLUICE_SANDBOX_NOT_APPLIED", message: expect.stringContaining(field) }),
      );
    });
  }

  for (const [field, value] of Object.entries({
    memory: defaults.memory * 2,
    pids: null,
    cpus: null,
    capabilities: "00000000a80425fb",
    noNewPrivileges: "0",
    seccomp: "0",
  })) {
    it(`should refuse a container whose kernel does not enforce ${field}`, () => {
      expect(() => verifyEnforced(asked, { ...enforced, [field]: value })).toThrow(
        expect.objectContaining({ code: "SLUICE_SANDBOX_NOT_APPLIED" }),
      );
    });
  }
});

describe("labels", () => {
  it("should say who owns a container", () => {
    const labels = labelsOf({ instance: "box", owner: { host: "h", pid: 7, started: "b/1" }, session: "s" });
    expect(ownerOf(labels)).toEqual({ host: "h", pid: 7, started: "b/1" });
    expect(sessionOf(labels)).toBe("s");
  });

  it("should tell nothing of an owner whose processes have other numbers, such as one in a container", () => {
    const labels = labelsOf({ instance: "box", owner: ownOwner() });
    expect(isElsewhere(labels)).toBe(false);
    expect(isElsewhere({ ...labels, "sluicebox.namespace": "pid:[1]" })).toBe(true);
    const { "sluicebox.namespace": _, ...older } = labels;
    expect(isElsewhere(older)).toBe(false);
  });

  it("should tell a living owner from a dead one and from another with its number", async () => {
    expect(isAlive(ownOwner())).toBe(true);
    expect(isAlive({ ...ownOwner(), started: "another/1" })).toBe(false);
    const child = spawn(process.execPath, ["-e", "0"]);
    await new Promise((resolve) => child.on("close", resolve));
    expect(isAlive({ host: "x", pid: child.pid ?? 0, started: "b/1" })).toBe(false);
    expect(isAlive({ host: "x", pid: 0, started: "" })).toBe(false);
  });
});

describe("the image's recipe", () => {
  it("should have one name for the same content, and another for other content", () => {
    const { tag, base } = recipeOf(defaults);
    expect(tag).toMatch(/^sluicebox-sandbox:[0-9a-f]{16}$/);
    expect(base).toBe("debian:trixie-slim");
    expect(recipeOf({ ...defaults, memory: 1 }).tag).toBe(tag);
    expect(recipeOf({ ...defaults, packages: ["jq"] }).tag).not.toBe(tag);
    const other = recipeOf({ ...defaults, image: "python:3.13" });
    expect(other.tag).toMatch(/^sluicebox-sandbox-on-python-3-13:/);
    const dockerfile = other.files[0]?.content.toString() ?? "";
    expect(dockerfile).toMatch(/^FROM python:3.13\n/);
  });

  it("should stand on the base that is named, and on the packages of one moment", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const build = { ...defaults.build, base: `debian:trixie-slim@${digest}`, snapshot: "20261101T000000Z" };
    const { tag, base, files } = recipeOf({ ...defaults, build });
    expect(base).toBe(build.base);
    expect(tag).not.toBe(recipeOf(defaults).tag);
    const lines = files[0]?.content.toString().split("\n").slice(1, 6);
    expect(lines).toEqual([
      `FROM debian:trixie-slim@${digest}`,
      "USER 0:0",
      "COPY snapshot.sh /tmp/snapshot.sh",
      "RUN sh /tmp/snapshot.sh 20261101T000000Z http://snapshot.debian.org",
      expect.stringMatching(/^RUN apt-get update/),
    ]);
    expect(files.some(({ path }) => path === "snapshot.sh")).toBe(true);
    expect(recipeOf(defaults).files.some(({ path }) => path === "snapshot.sh")).toBe(false);
  });

  it("should hold an image of somebody else's to its digest", () => {
    const image = `python:3.13-slim@sha256:${"a".repeat(64)}`;
    const mirror = "http://127.0.0.1:8";
    const { base, files } = recipeOf({
      ...defaults,
      image,
      build: { ...defaults.build, snapshot: "20200102T000000Z", mirror },
    });
    expect(base).toBe(image);
    expect(files[0]?.content.toString().split("\n")[0]).toBe(`FROM ${image}`);
    expect(files[0]?.content.toString()).toContain(`snapshot.sh 20200102T000000Z ${mirror}\n`);
  });

  it("should install what packages asks for", () => {
    const { files } = recipeOf({ ...defaults, packages: { apt: ["jq"], pip: ["requests"], npm: ["chalk"] } });
    const dockerfile = files[0]?.content.toString() ?? "";
    expect(dockerfile).toContain("apt-get install -y --no-install-recommends 'jq' 'python3-pip' 'npm'");
    expect(dockerfile).toContain("pip install --no-cache-dir --break-system-packages 'requests'");
    expect(dockerfile).toContain("npm install --global 'chalk'");
  });

  it("should be packed so that tar reads it", async () => {
    const child = spawn("tar", ["-t"], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(tar(recipeOf(defaults).files));
    let listed = "";
    child.stdout.on("data", (data) => {
      listed += data;
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    expect(listed.split("\n")).toContain("opt/supervisor/loop.py");
    expect(listed.split("\n")[0]).toBe("Dockerfile");
  });
});
