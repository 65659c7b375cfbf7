import type { ConfigIssue } from "../../core/contract/index.ts";
import { ReachRules } from "../../core/kit/index.ts";
import { type DockerSandboxConfig, HEADROOM, tmpSize, usersOf, workspaceSize } from "./config.ts";
import { BindError, resolveBind } from "./container/binds.ts";
import { parseAddress, socketOf } from "./engine/address.ts";

/** What JSON Schema cannot say. On this machine it looks only at what the names of `binds:` lead to. */
export function check(config: DockerSandboxConfig): readonly ConfigIssue[] {
  return [
    ...checkMemory(config),
    ...checkNetwork(config),
    ...checkNotYet(config),
    ...checkUsers(config),
    ...checkBinds(config),
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
      new ReachRules([entry], "network.allow");
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

function checkUsers(config: DockerSandboxConfig): readonly ConfigIssue[] {
  const { first, count } = usersOf(config);
  if (count > 0 && first >= 1000 && first + count <= 65_536) return [];
  return [
    {
      path: "/users",
      message: `${config.users} is no range of users from 1000 to 65535`,
      cure: "Write the first and the last, as in 40000-41999.",
    },
  ];
}

function checkBinds(config: DockerSandboxConfig): readonly ConfigIssue[] {
  return config.binds.flatMap((bind, index) => {
    try {
      resolveBind(bind, socketOf(config.docker));
      return [];
    } catch (error) {
      if (!(error instanceof BindError)) throw error;
      if (error.isMissing) return [];
      return [{ path: `/binds/${index}`, message: error.message, cure: error.cure }];
    }
  });
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
