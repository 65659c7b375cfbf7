import { seccompFault } from "./seccomp-policy.ts";

/** What a container must be. */
export interface ContainerRules {
  readonly network: boolean;
  readonly label: string;
  readonly image: RegExp;
}

type Check = (value: unknown, rules: ContainerRules) => boolean;

const is =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value);
const texts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");
const positive: Check = (value) => typeof value === "number" && value > 0;
const listing =
  (...needed: readonly string[]): Check =>
  (value) =>
    texts(value) && needed.every((each) => value.includes(each));
const empty: Check = (value) => Array.isArray(value) && value.length === 0;
const flag: Check = (value) => typeof value === "boolean";
const object = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const exactly =
  (wanted: unknown): Check =>
  (value) =>
    JSON.stringify(value) === JSON.stringify(wanted);

const addable = new Set(["KILL", "SETGID", "SETUID"]);

/** Every field that a container may have, and what it may be. The engine reads names in any case: others are refused. */
const fields: Readonly<Record<string, Check>> = {
  Image: (value, { image }) => typeof value === "string" && image.test(value),
  Cmd: texts,
  Entrypoint: texts,
  User: (value) => typeof value === "string",
  WorkingDir: (value) => typeof value === "string",
  Env: texts,
  Labels: (value, { label }) => object(value) && typeof value[label] === "string",
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  OpenStdin: flag,
  StdinOnce: flag,
  Tty: flag,
  NetworkDisabled: (value, { network }) => value === true || (network && value === false),
  Healthcheck: exactly({ Test: ["NONE"] }),
  HostConfig: (value, rules) => object(value) && faultIn(value, hostFields, rules) === undefined,
};

const hostFields: Readonly<Record<string, Check>> = {
  CapDrop: exactly(["ALL"]),
  CapAdd: (value) => texts(value) && value.every((each) => addable.has(each)),
  SecurityOpt: (value) => texts(value) && securityFault(value) === undefined,
  Privileged: is(false),
  ReadonlyRootfs: is(true),
  MaskedPaths: listing(
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/sys/firmware",
  ),
  ReadonlyPaths: listing("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"),
  Tmpfs: (value) => object(value) && Object.keys(value).every((path) => ["/workspace", "/tmp"].includes(path)),
  Memory: positive,
  MemorySwap: positive,
  NanoCpus: positive,
  PidsLimit: positive,
  Ulimits: Array.isArray,
  ShmSize: positive,
  NetworkMode: (value, { network }) => value === "none" || (network && value === "bridge"),
  PublishAllPorts: is(false),
  Runtime: (value) => typeof value === "string" && /^[\w.-]+$/.test(value),
  Binds: empty,
  AutoRemove: is(true),
  RestartPolicy: exactly({ Name: "no" }),
  IpcMode: is("private"),
  CgroupnsMode: is("private"),
  LogConfig: exactly({ Type: "none" }),
};

/** What is wrong with the body of "Create a container", or undefined: all fields must be there, and no others. */
export function containerFault(body: unknown, rules: ContainerRules): string | undefined {
  if (!object(body)) return "the body is no object";
  const fault = faultIn(body, fields, rules);
  if (fault !== "HostConfig" || !object(body["HostConfig"])) return told(fault);
  return told(`HostConfig.${faultIn(body["HostConfig"], hostFields, rules)}`);
}

function told(field: string | undefined): string | undefined {
  return field === undefined ? undefined : `${field} is not what a sandbox has`;
}

function faultIn(value: object, checks: Readonly<Record<string, Check>>, rules: ContainerRules): string | undefined {
  const given = value as Record<string, unknown>;
  const names = new Set([...Object.keys(given), ...Object.keys(checks)]);
  const own = (name: string) => Object.hasOwn(given, name) && Object.hasOwn(checks, name);
  return [...names].find((name) => !own(name) || checks[name]?.(given[name], rules) !== true);
}

function securityFault(given: readonly string[]): string | undefined {
  if (!given.includes("no-new-privileges")) return "no-new-privileges";
  return given.find((each) => {
    if (each === "no-new-privileges") return false;
    const [, name, value = ""] = /^(seccomp|apparmor)=(.+)$/s.exec(each) ?? [];
    if (name === "seccomp") return seccompFault(value, addable) !== undefined;
    return name === undefined || /^unconfined$/i.test(value.trim());
  });
}
