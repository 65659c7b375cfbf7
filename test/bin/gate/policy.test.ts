import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, judgeCreate } from "../../../bin/gate/policy.ts";
import { createOptions } from "../../../plugins/docker-sandbox/container/create-options.ts";
import { labelsOf } from "../../../plugins/docker-sandbox/container/labels.ts";
import { defaults } from "../../docker/sandbox-kit.ts";

const closed = { build: false, network: false };
const wide = { build: true, network: true };
const labels = labelsOf({ instance: "box", owner: { host: "h", pid: 7, started: "b/1" } });

/** What our own sandbox asks for, with changes. */
function body(changes: object = {}, host: object = {}): unknown {
  const user = { uid: 70_001, gid: 70_001 };
  const options = createOptions({ config: defaults, user, image: "sluicebox-sandbox:abc", labels });
  return JSON.parse(JSON.stringify({ ...options, ...changes, HostConfig: { ...options.HostConfig, ...host } }));
}

describe("the gate: which calls pass", () => {
  const filters = encodeURIComponent(JSON.stringify({ label: ["sluicebox.owner"] }));
  it.each([
    ["GET", "/_ping", "pass"],
    ["GET", "/v1.41/info", "pass"],
    ["GET", "/images/sluicebox-sandbox:abc/json", "pass"],
    ["GET", `/containers/json?all=1&filters=${filters}`, "pass"],
    ["GET", "/containers/0123abc/json", "own"],
    ["POST", "/containers/create?name=sluice-box-1", "create"],
    ["POST", "/containers/0123abc/start", "own"],
    ["POST", "/containers/0123abc/attach?stream=1", "own"],
    ["POST", "/containers/0123abc/wait?condition=removed", "own"],
    ["DELETE", "/containers/0123abc?force=1&v=1", "own"],
  ])("should let %s %s through: %s", (method, path, kind) => {
    expect(judge(method, path, closed).kind).toBe(kind);
  });

  it.each([
    ["POST", "/containers/0123abc/exec"],
    ["POST", "/exec/0123abc/start"],
    ["POST", "/containers/0123abc/update"],
    ["PUT", "/containers/0123abc/archive?path=/"],
    ["GET", "/containers/0123abc/archive?path=/"],
    ["GET", "/containers/0123abc/logs?stdout=1"],
    ["POST", "/containers/0123abc/rename?name=x"],
    ["GET", "/containers/json"],
    ["GET", "/containers/json?all=1&filters=%7B%7D"],
    ["GET", `/containers/json?filters=${filters}&filters=%7B%7D`],
    ["POST", "/images/create?fromImage=evil"],
    ["POST", "/images/sluicebox-sandbox:abc/push"],
    ["DELETE", "/images/sluicebox-sandbox:abc"],
    ["DELETE", "/images/postgres"],
    ["POST", "/build?t=sluicebox-sandbox:abc"],
    ["POST", "/volumes/create"],
    ["POST", "/networks/create"],
    ["POST", "/networks/host/connect"],
    ["POST", "/swarm/init"],
    ["POST", "/plugins/pull"],
    ["POST", "/session"],
    ["POST", "/auth"],
    ["GET", "/secrets"],
    ["GET", "/events"],
    ["GET", "/system/df"],
    ["POST", "/containers/prune"],
    ["POST", "/containers/%30/start"],
    ["POST", "/containers/../volumes/create"],
    ["POST", "//containers/create"],
    ["POST", "/containers/create/"],
    ["post", "/containers/create"],
    ["GET", "http://elsewhere/_ping"],
    ["GET", "/v1.41/v1.41/../_ping"],
    ["GET", "/_ping\u0000"],
    ["POST", "/v1.18/containers/0123abc/start"],
    ["POST", "/v1.24/containers/create"],
    ["GET", `/containers/json?x=1;filters=%7B%7D&filters=${filters}`],
    ["", ""],
  ])("should refuse %s %s", (method, path) => {
    expect(judge(method, path, closed).kind).toBe("refuse");
  });

  it("should let images be built and removed where it is told to, under their own names", () => {
    expect(judge("POST", "/build?t=sluicebox-sandbox%3Aabc&rm=true&forcerm=true&labels=%7B%7D", wide).kind).toBe(
      "build",
    );
    expect(judge("DELETE", "/images/sluicebox-sandbox:abc", wide).kind).toBe("pass");
    for (const more of ["networkmode=host", "remote=http://x", "extrahosts=a", "cgroupparent=x", "version=2", "t=x"]) {
      expect(judge("POST", `/build?t=sluicebox-sandbox:abc&${more}`, wide).kind).toBe("refuse");
    }
    expect(judge("POST", "/build?t=postgres:17", wide).kind).toBe("refuse");
    expect(judge("DELETE", "/images/postgres:17", wide).kind).toBe("refuse");
  });

  it("should know what to do with anything", () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.string(), fc.webPath()), (method, path) => {
        expect(["pass", "build", "own", "create", "refuse"]).toContain(judge(method, path, wide).kind);
      }),
      { seed: 1 },
    );
  });
});

const seccomp = (list: object) => `seccomp=${JSON.stringify(list)}`;
const letting = (rule: object) => ({
  defaultAction: "SCMP_ACT_ERRNO",
  syscalls: [{ action: "SCMP_ACT_ALLOW", ...rule }],
});

describe("the gate: which containers are made", () => {
  it("should let a list of system calls through that is shorter, or is for others where it is longer", () => {
    const caps = { caps: ["CAP_SYS_ADMIN"] };
    const args = [{ index: 0, value: 2_114_060_288, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }];
    for (const rule of [{ names: ["read"] }, { names: ["mount"], includes: caps }, { names: ["clone"], args }]) {
      const host = { SecurityOpt: ["no-new-privileges", seccomp(letting(rule))] };
      expect(judgeCreate(body({}, host), closed)).toBeUndefined();
    }
    const { SecurityOpt } = (body() as { HostConfig: { SecurityOpt: string[] } }).HostConfig;
    expect(SecurityOpt.some((each) => each.startsWith("seccomp={"))).toBe(true);
  });

  it("should let those of a sandbox through, with a network only where it is told to", () => {
    expect(judgeCreate(body(), closed)).toBeUndefined();
    const open = body({ NetworkDisabled: false }, { NetworkMode: "bridge" });
    expect(judgeCreate(open, closed)).toMatch(/^NetworkDisabled|^HostConfig.NetworkMode/);
    expect(judgeCreate(open, wide)).toBeUndefined();
  });

  const hostile: readonly (readonly [string, object, object])[] = [
    ["privileged", {}, { Privileged: true }],
    ["a bind", {}, { Binds: ["/:/host"] }],
    ["a mount", {}, { Mounts: [{ Type: "bind", Source: "/", Target: "/host" }] }],
    ["volumes of another", {}, { VolumesFrom: ["postgres"] }],
    ["a volume", { Volumes: { "/x": {} } }, {}],
    ["a device", {}, { Devices: [{ PathOnHost: "/dev/sda" }] }],
    ["device rules", {}, { DeviceCgroupRules: ["a *:* rwm"] }],
    ["all capabilities", {}, { CapAdd: ["ALL"] }],
    ["a strong capability", {}, { CapAdd: ["SYS_ADMIN"] }],
    ["kept capabilities", {}, { CapDrop: [] }],
    ["the host's processes", {}, { PidMode: "host" }],
    ["the host's users", {}, { UsernsMode: "host" }],
    ["the host's IPC", {}, { IpcMode: "host" }],
    ["the host's names", {}, { UTSMode: "host" }],
    ["the host's network", {}, { NetworkMode: "host" }],
    ["another's network", {}, { NetworkMode: "container:postgres" }],
    ["the host's cgroups", {}, { CgroupnsMode: "host" }],
    ["a parent cgroup", {}, { CgroupParent: "/" }],
    ["no list of system calls", {}, { SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] }],
    [
      "a list that refuses nothing",
      {},
      { SecurityOpt: ["no-new-privileges", seccomp({ defaultAction: "SCMP_ACT_ALLOW" })] },
    ],
    ["a list that only tells", {}, { SecurityOpt: ["no-new-privileges", seccomp({ defaultAction: "SCMP_ACT_LOG" })] }],
    ["a list with mounts", {}, { SecurityOpt: ["no-new-privileges", seccomp(letting({ names: ["read", "mount"] }))] }],
    ["a list with mounts by one name", {}, { SecurityOpt: ["no-new-privileges", seccomp(letting({ name: "mount" }))] }],
    [
      "a list that makes namespaces",
      {},
      { SecurityOpt: ["no-new-privileges", seccomp(letting({ names: ["clone"] }))] },
    ],
    ["a list that is none", {}, { SecurityOpt: ["no-new-privileges", "seccomp={"] }],
    [
      "a list of another sort",
      {},
      { SecurityOpt: ["no-new-privileges", seccomp({ defaultAction: "SCMP_ACT_ERRNO", syscalls: {} })] },
    ],
    ["no AppArmor", {}, { SecurityOpt: ["no-new-privileges", "apparmor=unconfined"] }],
    ["new privileges", {}, { SecurityOpt: [] }],
    ["unmasked system paths", {}, { SecurityOpt: ["no-new-privileges", "systempaths=unconfined"] }],
    ["nothing masked", {}, { MaskedPaths: [] }],
    ["nothing read-only", {}, { ReadonlyPaths: [] }],
    ["kernel settings", {}, { Sysctls: { "kernel.core_pattern": "|/x" } }],
    ["a port", {}, { PortBindings: { "22/tcp": [{ HostPort: "22" }] } }],
    ["all ports", {}, { PublishAllPorts: true }],
    ["a restart", {}, { RestartPolicy: { Name: "always" } }],
    ["no limit of processes", {}, { PidsLimit: 0 }],
    ["no limit of memory", {}, { Memory: 0 }],
    ["no end of swap", {}, { MemorySwap: -1 }],
    ["a tmpfs elsewhere", {}, { Tmpfs: { "/etc": "rw" } }],
    ["a log driver", {}, { LogConfig: { Type: "syslog", Config: { "syslog-address": "tcp://x" } } }],
    ["another image", { Image: "alpine" }, {}],
    ["no owner", { Labels: {} }, {}],
    ["a network of its own", { NetworkingConfig: { EndpointsConfig: { host: {} } } }, {}],
    ["a health check", { Healthcheck: { Test: ["CMD", "x"] } }, {}],
    ["a name in other letters", { hostconfig: { Privileged: true } }, {}],
    ["a field in other letters", {}, { privileged: true }],
    ["a runtime with a path", {}, { Runtime: "/tmp/runc" }],
  ];
  it.each(hostile)("should refuse %s", (_name, changes, host) => {
    expect(judgeCreate(body(changes, host), wide)).toBeTypeOf("string");
  });

  it("should refuse a body without any one of its fields, and what is no body", () => {
    const whole = body() as Record<string, object>;
    for (const key of Object.keys(whole)) {
      const { [key]: _, ...rest } = whole;
      expect(judgeCreate(rest, wide)).toContain(key);
    }
    for (const key of Object.keys(whole["HostConfig"] ?? {})) {
      const { [key as never]: _, ...rest } = whole["HostConfig"] as object;
      expect(judgeCreate({ ...whole, HostConfig: rest }, wide)).toContain(key);
    }
    for (const none of [null, [], "x", 7, { __proto__: whole }]) expect(judgeCreate(none, wide)).toBeTypeOf("string");
  });
});
