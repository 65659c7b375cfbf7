import { parseJsonObject } from "../../core/kit/index.ts";

/**
 * What every probe may use, in the Python that is sent into the sandbox. A probe is the body of a function that returns
 * what it saw; it says the name of an error number, never a sentence.
 */
const prelude = `import ctypes, errno, json, os, platform, resource, signal, socket, stat, sys, time
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {
    "x86_64": dict(socket=41, clone=56, ptrace=101, personality=135, modify_ldt=154, pivot_root=155, chroot=161, acct=163,
        mount=165, umount2=166, swapon=167, reboot=169, sethostname=170, iopl=172, ioperm=173, init_module=175, quotactl=179,
        clock_settime=227, kexec_load=246, add_key=248, request_key=249, keyctl=250, unshare=272, perf_event_open=298,
        name_to_handle_at=303, open_by_handle_at=304, setns=308, process_vm_readv=310, finit_module=313, bpf=321,
        userfaultfd=323),
    "aarch64": dict(umount2=39, mount=40, pivot_root=41, chroot=51, quotactl=60, acct=89, personality=92, unshare=97,
        kexec_load=104, init_module=105, clock_settime=112, ptrace=117, reboot=142, sethostname=161, socket=198, add_key=217,
        request_key=218, keyctl=219, clone=220, swapon=224, perf_event_open=241, name_to_handle_at=264,
        open_by_handle_at=265, setns=268, process_vm_readv=270, finit_module=273, bpf=280, userfaultfd=282),
}.get(platform.machine(), {})
NUMBERS.update(io_uring_setup=425, open_tree=428, move_mount=429, fsopen=430, fsconfig=431, fsmount=432, clone3=435,
    pidfd_getfd=438, memfd_secret=447)

def name_of(number):
    return errno.errorcode.get(number, str(number))

def call(name, *given):
    """"done", the name of the error, or "absent" where this processor has no such call."""
    if name not in NUMBERS:
        return "absent"
    ctypes.set_errno(0)
    answer = libc.syscall(ctypes.c_long(NUMBERS[name]), *[ctypes.c_long(each) for each in given])
    return name_of(ctypes.get_errno()) if answer == -1 else "done"

def attempt(act):
    try:
        act()
    except OSError as error:
        return name_of(error.errno)
    return "done"

def text(path, most=65536):
    """What a file holds, or the name of the error."""
    try:
        with open(path, "rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError as error:
        return name_of(error.errno)

def content(path):
    """"absent", "empty", the name of the error, or "full"."""
    try:
        if os.path.isdir(path):
            return "full" if os.listdir(path) else "empty"
        with open(path, "rb") as file:
            return "full" if file.read(64) else "empty"
    except (FileNotFoundError, NotADirectoryError):
        return "absent"
    except OSError as error:
        return name_of(error.errno)

def mounts():
    """Each mount point, its options, the file system and its own options."""
    found = []
    for line in text("/proc/self/mountinfo", 1 << 20).splitlines():
        parts = line.split(" ")
        at = parts.index("-")
        found.append([parts[4], parts[5].split(","), parts[at + 1], parts[at + 3].split(",")])
    return found

def status():
    return dict(line.split(":\\t", 1) for line in text("/proc/self/status").splitlines() if ":\\t" in line)

def reach(family, address, seconds=2):
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(seconds)
        try:
            one.connect(address)
        except OSError as error:
            return name_of(error.errno) if error.errno else type(error).__name__
    return "done"

def forked(act, seconds=8):
    """Runs it in a child of its own, and says what it answered, or how it ended."""
    inward, outward = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(inward)
            os.write(outward, json.dumps(act()).encode())
        except BaseException as error:
            os.write(outward, json.dumps("%s: %s" % (type(error).__name__, error)).encode())
        finally:
            os._exit(0)
    os.close(outward)
    until = time.monotonic() + seconds
    os.set_blocking(inward, False)
    data = b""
    while time.monotonic() < until:
        try:
            piece = os.read(inward, 65536)
        except BlockingIOError:
            time.sleep(0.01)
            continue
        if not piece:
            break
        data += piece
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(inward)
    os.waitpid(pid, 0)
    return json.loads(data) if data else "no answer"
`;

/** Seconds that one probe may take. */
const LONGEST = 20;

export interface Probe {
  readonly id: number;
  /** Python: the body of a function. */
  readonly code: string;
}

/**
 * One program of several probes. Each prints one line as soon as it knows. What ends the program takes away only the
 * answers after it.
 */
export function programOf(probes: readonly Probe[], given: Readonly<Record<string, unknown>>): string {
  const bodies = probes.map(({ id, code }) => `def probe_${id}():\n    ${code.trim().split("\n").join("\n    ")}`);
  return `${prelude}
GIVEN = json.loads(${JSON.stringify(JSON.stringify(given))})
class TooLong(BaseException): pass
def _too_long(*_): raise TooLong()
${bodies.join("\n")}
signal.signal(signal.SIGALRM, _too_long)
for _probe in [${probes.map(({ id }) => `probe_${id}`).join(", ")}]:
    signal.alarm(${LONGEST})
    try:
        _seen = {"seen": _probe()}
    except BaseException as _error:
        _seen = {"broken": "%s: %s" % (type(_error).__name__, _error)}
    finally:
        signal.alarm(0)
    print("\\n@" + _probe.__name__[6:] + " " + json.dumps(_seen), flush=True)
`;
}

/** What the probes printed, by the number of the case. */
export function answersOf(stdout: string): ReadonlyMap<number, { readonly seen?: unknown; readonly broken?: string }> {
  const answers = new Map<number, { readonly seen?: unknown; readonly broken?: string }>();
  for (const [, id, json = ""] of stdout.matchAll(/^@(\d+) (.*)$/gm)) {
    try {
      answers.set(Number(id), parseJsonObject(json, { from: "a probe" }) as { readonly seen?: unknown });
    } catch {
      // Something else that looks like it; the probe then has no answer.
    }
  }
  return answers;
}
