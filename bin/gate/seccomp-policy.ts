import { isJsonObject, parseJson } from "../../core/kit/index.ts";

/** What a list may do with a call that none of its rules is about, and what refuses one. */
const refusing = new Set([
  "SCMP_ACT_ERRNO",
  "SCMP_ACT_KILL",
  "SCMP_ACT_KILL_PROCESS",
  "SCMP_ACT_KILL_THREAD",
  "SCMP_ACT_TRAP",
]);

/** Calls that lead to the kernel's more dangerous parts. No sandbox has them, whichever list it is given. */
const dangerous = new Set(
  (
    "acct add_key bpf clone3 delete_module finit_module fsconfig fsmount fsopen fspick init_module io_uring_enter " +
    "io_uring_register io_uring_setup ioperm iopl kexec_file_load kexec_load keyctl mount mount_setattr move_mount " +
    "open_by_handle_at open_tree perf_event_open pivot_root reboot request_key setns swapoff swapon umount umount2 " +
    "unshare userfaultfd"
  ).split(" "),
);

/** Why a list of system calls is none that a sandbox may have, or undefined. `own`: the capabilities of sandboxes. */
export function seccompFault(text: string, own: ReadonlySet<string>): string | undefined {
  const list = parsed(text);
  if (!isJsonObject(list)) return "it is no list of system calls";
  if (!refusing.has(String(list["defaultAction"]))) return "it lets through what it does not name";
  const rules = list["syscalls"] ?? [];
  if (!Array.isArray(rules)) return "its rules are none";
  return rules.map((rule) => ruleFault(rule, own)).find((fault) => fault !== undefined);
}

function ruleFault(rule: unknown, own: ReadonlySet<string>): string | undefined {
  if (!isJsonObject(rule)) return "one of its rules is none";
  const { action, name, names, args, includes } = rule;
  if (refusing.has(String(action)) || isForOthers(includes, own)) return undefined;
  const all = [name, names].flat().filter((each) => each !== undefined && each !== null);
  // The engine's own list looks at the flags of `clone`; without that it makes namespaces.
  const isWide = (each: unknown) => each === "clone" && !(Array.isArray(args) && args.length > 0);
  const found = all.find((each) => typeof each !== "string" || dangerous.has(each) || isWide(each));
  return found === undefined ? undefined : `it lets ${String(found)} through`;
}

/** Whether a rule is about containers with a capability that no sandbox has. */
function isForOthers(includes: unknown, own: ReadonlySet<string>): boolean {
  const caps = isJsonObject(includes) ? includes["caps"] : undefined;
  return Array.isArray(caps) && caps.some((cap) => typeof cap === "string" && !own.has(cap.replace(/^CAP_/, "")));
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
