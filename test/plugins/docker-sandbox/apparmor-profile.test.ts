import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OWN_APPARMOR_FILE } from "../../../plugins/docker-sandbox/container/apparmor.ts";
import {
  KEPT_CAPABILITIES,
  MASKED_PATHS,
  READONLY_PATHS,
} from "../../../plugins/docker-sandbox/container/create-options.ts";

const rules = readFileSync(OWN_APPARMOR_FILE, "utf8")
  .split("\n")
  .map((line) => line.trim())
  .filter((line) => line !== "" && !line.startsWith("#"));

/** What the profile refuses of a file, in the letters of AppArmor. */
function refused(file: string): string {
  const found = rules.flatMap((rule) => {
    const [, pattern = "", letters = ""] = /^deny (\/\S+) ([a-z]+),$/.exec(rule) ?? [];
    return pattern !== "" && expression(pattern).test(file) ? [...letters] : [];
  });
  return [...new Set(found)].sort().join("");
}

/** Of the patterns that are used here: `*`, `**`, `{a,b}`, `[^0-9]`. */
function expression(pattern: string): RegExp {
  const text = pattern
    .replaceAll(".", "\\.")
    .replaceAll("**", "\0")
    .replaceAll("*", "[^/]*")
    .replaceAll("\0", ".+")
    .replaceAll("{", "(?:")
    .replaceAll("}", ")")
    .replaceAll(",", "|");
  return new RegExp(`^${text}$`);
}

describe("our AppArmor profile", () => {
  it.each(MASKED_PATHS)("should refuse to read %s, should it not be masked", (file) => {
    expect(refused(file)).toContain("r");
    expect(refused(file)).toContain("w");
  });

  it.each([
    ...READONLY_PATHS.map((folder) => `${folder}/any`),
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/shm_rmid_forced",
    "/proc/7/attr/exec",
    "/proc/7/mem",
    "/proc/7/task/8/uid_map",
    "/sys/fs/cgroup/memory/release_agent",
    "/sys/kernel/uevent_helper",
    "/dev/kmsg",
    "/dev/sda1",
    "/dev/net/tun",
    "/usr/bin/python3",
    "/opt/sluice/supervisor/main.py",
    "/var/run/docker.sock",
    "/run/containerd/containerd.sock",
  ])("should refuse to write %s", (file) => {
    expect(refused(file)).toContain("w");
  });

  it.each([
    "/workspace/a/b",
    "/tmp/a",
    "/dev/null",
    "/dev/shm/a",
    "/dev/mqueue/a",
    "/dev/pts/0",
    "/data/of/a/bind",
    "/proc/7/oom_score_adj",
    "/proc/7/comm",
    "/proc/7/task/8/comm",
    "/data/sd/a",
  ])("should leave %s to programs", (file) => {
    expect(refused(file)).toBe("");
  });

  it("should let what the supervisor reads be read", () => {
    for (const file of ["/proc/7/attr/current", "/proc/7/stat", "/sys/fs/cgroup/memory.max", "/proc/sysvipc/shm"])
      expect(refused(file)).not.toContain("r");
  });

  it("should leave the supervisor its capabilities and no others", () => {
    const left = rules.flatMap((rule) => /^capability (\w+),$/.exec(rule)?.[1]?.toUpperCase() ?? []);
    expect(left).toEqual([...KEPT_CAPABILITIES].sort());
    expect(rules.filter((rule) => rule.startsWith("capability"))).toHaveLength(left.length);
  });

  it("should refuse mounts, tracing, and raw and packet sockets", () => {
    for (const each of ["mount", "umount", "pivot_root", "network packet", "network inet raw", "network inet6 raw"])
      expect(rules).toContain(`deny ${each},`);
    expect(rules).toContain("deny ptrace (trace, tracedby),");
    expect(rules).not.toContain("network,");
  });
});
