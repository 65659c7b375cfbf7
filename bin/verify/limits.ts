import { freemem } from "node:os";
import { type Case, expectDone, expectThat, run } from "./ground.ts";

const group = "limits";
const mebibyte = 1024 * 1024;
/** What goes beyond a limit before a case says that nothing holds it: an attempt must not harm the machine. */
const beyond = 256 * mebibyte;

export const limits: readonly Case[] = [
  {
    group,
    name: "a program that takes too much memory is ended, and the session goes on",
    skip: ({ session }) =>
      session.limits.memory + beyond > freemem() / 2 ? "this machine has too little free memory to try" : undefined,
    async prove({ session }) {
      const steps = Math.ceil((session.limits.memory + beyond) / (16 * mebibyte));
      const code = `held = [bytearray(b'x' * ${16 * mebibyte}) for _ in range(${steps})]\nprint('all of it')`;
      const { end, stdout } = await run(session, "python", code);
      expectThat(stdout === "", `it was given ${session.limits.memory + beyond} bytes`);
      expectThat(end.status === "oom", `it ended with ${end.status} ${end.error?.name ?? ""}`.trim());
      expectThat((await run(session, "bash", "echo alive")).stdout === "alive\n", "the session is gone");
    },
  },
  {
    group,
    name: "processes and threads are bounded",
    async prove({ session }) {
      const most = session.limits.pids + 16;
      const code = `import threading\ngo = threading.Event()\nstarted = []\ntry:\n    for _ in range(${most}):\n        thread = threading.Thread(target=go.wait, daemon=True)\n        thread.start()\n        started.append(thread)\nexcept RuntimeError: pass\ngo.set()\nprint(len(started))`;
      const ran = await run(session, "python", code);
      expectDone(ran);
      expectThat(Number(ran.stdout) < most, `${most} threads ran, the limit is ${session.limits.pids}`);
    },
  },
  {
    group,
    name: "what takes too long is ended with all it started",
    async prove({ session }) {
      const code =
        "import signal, subprocess\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nsubprocess.Popen(['setsid', 'sleep', '98764'])\nwhile True: pass";
      const { end } = await run(session, "python", code, { timeout: 2_000 });
      expectThat(end.status === "timeout", `it ended with ${end.status}`);
      const look = "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep [9]8764'; true";
      const { stdout } = await run(session, "bash", look);
      expectThat(stdout === "0\n", `${stdout.trim()} of its processes are left`);
    },
  },
  {
    group,
    name: "files are bounded, and a full workspace harms nothing",
    async prove({ session }) {
      const most = session.limits.memory + beyond;
      const code = `piece = b'x' * ${mebibyte}\ntry:\n    with open('big', 'wb', 0) as file:\n        for _ in range(${Math.ceil(most / mebibyte)}): file.write(piece)\n    print('all of it')\nexcept OSError as error: print(error.errno)`;
      const { stdout, end } = await run(session, "python", code);
      await run(session, "bash", "rm -f big");
      // ENOSPC where the file system is full, EFBIG where the program may not make such a file.
      expectThat(
        ["28\n", "27\n"].includes(stdout),
        `it ended with ${end.status}, and said ${stdout.trim() || "nothing"}`,
      );
      expectThat((await run(session, "bash", "echo alive")).stdout === "alive\n", "the session is gone");
    },
  },
  {
    group,
    name: "output is bounded, and the program finishes",
    skip: ({ config }) =>
      Number(config["output"]) <= beyond ? undefined : "the profile keeps more output than is tried",
    async prove({ session, config }) {
      const most = Number(config["output"]);
      const { stdout, end } = await run(session, "bash", `head -c ${most + 4096} /dev/zero | tr '\\0' x`);
      expectThat(
        end.truncated === true && end.exitCode === 0,
        `it ended with ${end.status}, truncated: ${end.truncated}`,
      );
      expectThat(stdout.length === most, `${stdout.length} bytes came, ${most} are kept`);
    },
  },
];
