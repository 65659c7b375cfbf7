import { type Case, expectDone, expectRefused, expectThat, run } from "./ground.ts";

const group = "escapes";
/** CLONE_NEWUSER and CLONE_NEWNS of sched.h; PTRACE_SEIZE of ptrace.h, which stops nobody. */
const [newUser, newMounts, seize] = [0x10000000, 0x20000, 0x4206];
/** Runtimes whose kernel is the host's, so that what /proc says of a program is what holds. */
const sharing = new Set(["runc", "crun"]);

/** What is tried does no harm where it is not refused: nothing is killed, rebooted or overwritten. */
export const escapes: readonly Case[] = [
  {
    group,
    name: "code runs as a user without rights, who can gain none",
    async prove({ session }) {
      const code =
        "id -u; cp /bin/bash ./s && chmod 4755 ./s && ./s -p -c 'id -u'; rm -f ./s; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status";
      const { stdout } = await run(session, "bash", code);
      const [user = "0", raised, ...lines] = stdout.trim().split("\n");
      expectThat(user !== "0", "it runs as root");
      expectThat(raised === user, `a setuid program ran as ${raised}, and not as ${user}`);
      const told = Object.fromEntries(lines.map((line) => line.split(/:\s*/)));
      expectThat(/^0+$/.test(told["CapEff"] ?? ""), `its capabilities are ${told["CapEff"]}`);
      if (!sharing.has(session.limits.runtime)) return;
      expectThat(told["NoNewPrivs"] === "1", `NoNewPrivs is ${told["NoNewPrivs"]}`);
      expectThat(told["Seccomp"] === "2", `Seccomp is ${told["Seccomp"]}`);
    },
  },
  {
    group,
    name: "nothing outside of the workspace and /tmp can be written",
    prove: ({ session }) =>
      expectRefused(session, {
        "wrote to /": "open('/x', 'w')",
        "wrote to /etc": "open('/etc/x', 'w')",
        "made a folder in /usr": "os.mkdir('/usr/x')",
        "changed the supervisor": "open('/opt/sluice/supervisor/main.py', 'a')",
        "opened the kernel's settings": "os.open('/proc/sys/kernel/hostname', os.O_WRONLY)",
        "opened sysrq-trigger": "os.open('/proc/sysrq-trigger', os.O_WRONLY)",
      }),
  },
  {
    group,
    name: "process 1 can be neither signalled, traced, read nor spoken for",
    prove: ({ session }) =>
      expectRefused(session, {
        "signalled process 1": "os.kill(1, 0)",
        "traced process 1": `call('ptrace', ${seize}, 1, 0, 0)`,
        "read its memory": "open('/proc/1/mem', 'rb')",
        ...Object.fromEntries(
          [0, 1, 2].flatMap((fd) => [
            [`read from its descriptor ${fd}`, `os.open('/proc/1/fd/${fd}', os.O_RDONLY)`],
            [`wrote to its descriptor ${fd}`, `os.open('/proc/1/fd/${fd}', os.O_WRONLY)`],
          ]),
        ),
      }),
  },
  {
    group,
    name: "no process of the host is seen, and nothing of its environment",
    async prove({ session, mark }) {
      const code = `import glob, os\nfound = [mark for mark in [''.join(${JSON.stringify([...mark])})] if mark in str(os.environ)]\nfor path in glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/proc/[0-9]*/environ'):\n    try:\n        if ''.join(${JSON.stringify([...mark])}).encode() in open(path, 'rb').read(): found.append(path)\n    except OSError: pass\nprint(found)`;
      const ran = await run(session, "python", code);
      expectDone(ran);
      expectThat(ran.stdout.trim() === "[]", `a mark of this process was found in ${ran.stdout.trim()}`);
    },
  },
  {
    group,
    name: "nothing is mounted, no device made, no socket of an engine found",
    prove: ({ session }) =>
      expectRefused(session, {
        "mounted a file system": "call('mount', b'none', b'/tmp', b'tmpfs', 0, None)",
        "opened a device that it made":
          "import stat\nos.mknod('/tmp/device', stat.S_IFBLK | 0o600, os.makedev(8, 0))\nos.open('/tmp/device', os.O_RDONLY)",
        "opened the host's memory": "open('/dev/mem', 'rb')",
        "opened the kernel's log": "open('/dev/kmsg', 'rb')",
        ...Object.fromEntries(
          ["/var/run/docker.sock", "/run/containerd", "/run/podman"].map((path) => [
            `found ${path}`,
            `os.stat('${path}')`,
          ]),
        ),
      }),
  },
  {
    group,
    name: "no namespace is entered and none is made",
    skip: ({ session: { limits } }) =>
      sharing.has(limits.runtime) ? undefined : `namespaces under ${limits.runtime} are its own kernel's`,
    prove: ({ session }) =>
      expectRefused(session, {
        "made a user namespace": `call('unshare', ${newUser})`,
        "made a mount namespace": `call('unshare', ${newMounts})`,
        "entered that of process 1": "call('setns', os.open('/proc/1/ns/mnt', os.O_RDONLY), 0)",
      }),
  },
  {
    group,
    name: "nothing is reached over a network but what the profile lists",
    skip: ({ config }) => (config["network"] === "open" ? "the profile opens the network" : undefined),
    prove: ({ session }) =>
      expectRefused(session, {
        // The kernel's table of routes, whose first line is its head: it tells a network that is there but leads nowhere now.
        "has a route": "if len(open('/proc/net/route').readlines()) < 2: raise OSError",
        "reached 1.1.1.1": "socket.create_connection(('1.1.1.1', 53), 2)",
        "reached the cloud's metadata": "socket.create_connection(('169.254.169.254', 80), 2)",
        "reached an address of version 6": "socket.create_connection(('2606:4700:4700::1111', 53), 2)",
        "asked for a name": "socket.getaddrinfo('example.com', 443)",
        "made a raw socket": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
      }),
  },
  {
    group,
    name: "no file of the container is fetched through a link",
    async prove({ session }) {
      await run(session, "bash", "ln -sfn /etc folder; ln -sf /etc/passwd file");
      for (const path of ["file", "folder/passwd", "../etc/passwd", "/etc/passwd"]) {
        const got = await session.get(path).then(
          () => `${path} was fetched`,
          (error: unknown) => ((error as { code?: unknown }).code === "SLUICE_FILE_OUTSIDE" ? "" : String(error)),
        );
        expectThat(got === "", got);
      }
      await run(session, "bash", "rm -f folder file");
    },
  },
  {
    group,
    name: "sessions see nothing of each other",
    async prove({ session, open }) {
      await using other = await open();
      const places = ["/workspace/mine", "/tmp/mine", "/dev/shm/mine"];
      const left = places.map((place) => `echo secret 2>/dev/null >${place}`).join("; ");
      await run(other, "bash", `${left}; sleep 98765 & disown -a`);
      const look = `grep -ls secret ${places.join(" ")}; cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep [9]8765'`;
      const own = await run(other, "bash", `${look}; true`);
      const seen = own.stdout.includes("/workspace/mine") && own.stdout.includes("sleep");
      expectThat(seen, "a session did not see what is its own, so that nothing is shown");
      const { stdout } = await run(session, "bash", `${look}; true`);
      expectThat(stdout === "", `seen of another session: ${stdout.trim()}`);
    },
  },
];
