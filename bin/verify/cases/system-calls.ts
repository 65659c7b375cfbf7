import { type Case, ownKernel, shown } from "../ground.ts";

/** A call, what it is given, and how it must fail. */
type Call = readonly [name: string, given: readonly number[], refusal: "EPERM" | "ENOSYS"];

/** Flags of sched.h, and one that no kernel knows. */
const [newUser, newMounts, newNet, shareFs, bad] = [0x10000000, 0x20000, 0x40000000, 0x200, 0x40000000];
/** A process that is not there: numbers end before. */
const nobody = 0x7ffffffe;

/**
 * A kernel that reads the arguments of a call answers another error (EINVAL, EFAULT, EBADF, ESRCH). Where it has an
 * EPERM of its own, ENOSYS tells the two apart; so none has an effect where nothing refuses it, and the answer tells
 * who refused.
 */
const calls: readonly (readonly [id: number, name: string, ...calls: Call[]])[] = [
  [13, "no user namespace is made", ["unshare", [newUser | 1], "EPERM"], ["clone", [newUser | shareFs], "EPERM"]],
  [14, "no mount namespace is made", ["unshare", [newMounts | 1], "EPERM"], ["clone", [newMounts | shareFs], "EPERM"]],
  [15, "no network namespace is made", ["unshare", [newNet | 1], "EPERM"]],
  [16, "clone3, whose flags nobody sees, is not there", ["clone3", [0, 0], "ENOSYS"]],
  [17, "no namespace is entered", ["setns", [-1, 0], "EPERM"]],
  [18, "nothing is mounted", ["mount", [0, 0, 0, 0, 0], "EPERM"]],
  [
    19,
    "nothing is mounted by the newer calls",
    ["fsopen", [0, 0], "ENOSYS"],
    ["fsconfig", [-1, 0, 0, 0, 0], "EPERM"],
    ["fsmount", [-1, bad, 0], "ENOSYS"],
    ["move_mount", [-1, 0, -1, 0, bad], "ENOSYS"],
  ],
  [20, "no mount is copied", ["open_tree", [-1, 0, bad], "EPERM"]],
  [21, "nothing is unmounted", ["umount2", [0, bad], "EPERM"]],
  [22, "the root is not changed", ["pivot_root", [0, 0], "ENOSYS"]],
  [23, "no other root is taken", ["chroot", [0], "EPERM"]],
  [24, "no program is given to the kernel", ["bpf", [9999, 0, 0], "EPERM"]],
  [25, "the processor's counters are not read", ["perf_event_open", [0, 0, -1, -1, bad], "EPERM"]],
  [26, "page faults are not taken over", ["userfaultfd", [bad | 1], "EPERM"]],
  [
    27,
    "the kernel's keys are not used",
    ["keyctl", [9999, 0, 0, 0, 0], "EPERM"],
    ["add_key", [0, 0, 0, 0, 0], "EPERM"],
    ["request_key", [0, 0, 0, 0], "EPERM"],
  ],
  [28, "io_uring is not there", ["io_uring_setup", [0, 0], "EPERM"]],
  [29, "no process is traced", ["ptrace", [0x4206, nobody, 0, 0], "EPERM"], ["ptrace", [0x4206, 1, 0, 0], "EPERM"]],
  [30, "no other process's memory is read", ["process_vm_readv", [1, 0, 0, 0, 0, bad], "EPERM"]],
  [31, "no other process's descriptor is taken", ["pidfd_getfd", [-1, 0, bad], "EPERM"]],
  [
    32,
    "no kernel and no module is loaded",
    ["kexec_load", [0, 0, 0, bad], "EPERM"],
    ["init_module", [0, 0, 0], "EPERM"],
    ["finit_module", [-1, 0, bad], "EPERM"],
  ],
  [
    33,
    "no file is opened by its handle",
    ["open_by_handle_at", [-1, 0, 0], "EPERM"],
    ["name_to_handle_at", [-1, 0, 0, 0, bad], "EPERM"],
  ],
  [34, "no port of the processor is opened", ["iopl", [99], "EPERM"], ["ioperm", [1, 0, 1], "EPERM"]],
  [35, "neither clock nor host name is set", ["clock_settime", [999, 0], "EPERM"], ["sethostname", [0, -1], "ENOSYS"]],
  [
    36,
    "the machine is not administered",
    ["swapon", [0, bad], "EPERM"],
    ["reboot", [0, 0, 0, 0], "ENOSYS"],
    ["acct", [1], "ENOSYS"],
    ["quotactl", [0x7fffffff, 0, 0, 0], "EPERM"],
  ],
  [37, "addresses stay random", ["personality", [0x40000], "EPERM"]],
  [38, "odd ways to memory are closed", ["modify_ldt", [0, 0, 0], "EPERM"], ["memfd_secret", [bad], "EPERM"]],
];

export const systemCalls: readonly Case[] = calls.map(([id, name, ...tried]) => ({
  id,
  group: "system calls",
  name,
  cure: "Leave `seccomp:` out for our own list, and use an engine with seccomp.",
  needs: ownKernel,
  // Only personality(2) would have an effect: it is undone at once.
  probe: `
seen = []
for name, given in ${JSON.stringify(tried.map(([call, given]) => [call, given]))}:
    before = libc.personality(ctypes.c_ulong(0xFFFFFFFF)) if name == "personality" else 0
    seen.append(call(name, *given))
    if name == "personality" and seen[-1] == "done": libc.personality(ctypes.c_ulong(before))
return seen`,
  judge(seen) {
    const found = seen as readonly string[];
    const wrong = tried.flatMap(([call, , refusal], index) =>
      found[index] === refusal || found[index] === "absent"
        ? []
        : [`${call} answered ${shown(found[index])} and not ${refusal}`],
    );
    return wrong.length === 0 ? undefined : wrong.join(", ");
  },
}));
