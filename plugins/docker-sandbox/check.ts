import path from "node:path";
import type { ConfigIssue } from "../../core/index.ts";
import { type DockerSandboxConfig, HEADROOM, tmpSize, workspaceSize } from "./config.ts";
import { parseAddress } from "./engine/address.ts";
import { Rules } from "./network/rules.ts";

/** Mount points that are the sandbox's own, or that would open it. */
const RESERVED = ["/", "/proc", "/sys", "/dev", "/opt/sluice", "/tmp", "/workspace"];

/** What JSON Schema cannot say. Pure. */
export function check(config: DockerSandboxConfig): readonly ConfigIssue[] {
  return [
    ...checkMemory(config),
    ...checkNetwork(config),
    ...checkNotYet(config),
    ...config.binds.flatMap(checkBind),
    ...checkEngine(config),
  ];
}

function checkMemory(config: DockerSandboxConfig): readonly ConfigIssue[] {
  const needed = workspaceSize(config) + tmpSize(config) + HEADROOM;
  if (config.memory >= needed) return [];
  return [
    {
      path: config.workspace === undefined && config.tmp === undefined ? "/memory" : "/workspace",
      message: "workspace and tmp live in the container's memory, and leave less than 64 MiB of it to programs",
      cure: "Raise memory, or lower workspace and tmp.",
    },
  ];
}

function checkNetwork({ network }: DockerSandboxConfig): readonly ConfigIssue[] {
  if (typeof network === "string") return [];
  return network.allow.flatMap((entry, index) => {
    try {
      new Rules([entry]);
      return [];
    } catch (error) {
      return [
        {
          path: `/network/allow/${index}`,
          message: error instanceof Error ? error.message : String(error),
          cure: "Write a.com, *.a.com, 1.2.3.4, 10.0.0.0/8 or [2001:db8::1], each with :port or without.",
        },
      ];
    }
  });
}

function checkNotYet(config: DockerSandboxConfig): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  if (config.channel === "websocket") {
    issues.push({
      path: "/channel",
      message: "channel: websocket is not available yet",
      cure: "Leave channel: stdio; it needs no port.",
    });
  }
  return issues;
}

function checkBind(bind: string, index: number): readonly ConfigIssue[] {
  const issue = (message: string): readonly ConfigIssue[] => [
    { path: `/binds/${index}`, message, cure: "Write /host/folder:/folder, or with :rw at the end." },
  ];
  const [source = "", target = "", mode = "ro", ...rest] = bind.split(":");
  if (rest.length > 0 || (mode !== "ro" && mode !== "rw"))
    return issue(`${bind} is not of the form /host:/path[:ro|:rw]`);
  if (!path.posix.isAbsolute(source) || !path.posix.isAbsolute(target)) return issue(`${bind} has a relative path`);
  const from = path.posix.normalize(source);
  if (from === "/" || /docker\.sock|podman\.sock|containerd\.sock/.test(from) || /^\/(var\/)?run\/?$/.test(from)) {
    return issue(`${source} would hand the host to the sandbox`);
  }
  const to = path.posix.normalize(target).replace(/(.)\/$/, "$1");
  if (RESERVED.includes(to) || to.startsWith("/proc/") || to.startsWith("/sys/") || to.startsWith("/opt/sluice/")) {
    return issue(`${target} is the sandbox's own`);
  }
  return [];
}

function checkEngine(config: DockerSandboxConfig): readonly ConfigIssue[] {
  try {
    parseAddress(config.docker);
    return [];
  } catch (error) {
    return [
      {
        path: "/docker/host",
        message: error instanceof Error ? error.message : String(error),
        cure: "Write unix:///path/to/docker.sock or tcp://host:port.",
      },
    ];
  }
}
