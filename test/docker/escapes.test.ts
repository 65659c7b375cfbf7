import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { getWhileSwapped, type Kit, run, startSandbox } from "./sandbox-kit.ts";

let kit: Kit;
let session: SandboxSession;

beforeAll(async () => {
  kit = await startSandbox();
  session = await kit.open();
});

afterAll(() => kit[Symbol.asyncDispose]());

const bash = async (code: string) => (await run(session, code, { language: "bash" })).stdout;

/** What a piece of Python says when it may not: the name of the error number. */
async function refusal(code: string): Promise<string> {
  const indented = code.split("\n").join("\n    ");
  const ran = await run(
    session,
    `import errno, os\ntry:\n    ${indented}\n    print('done')\nexcept OSError as error:\n    print(errno.errorcode[error.errno])`,
  );
  return ran.stdout.trim();
}

describe("code in the sandbox", () => {
  it("should be nobody, without capabilities", async () => {
    const user = (await bash("id -u")).trim();
    expect(Number(user)).toBeGreaterThanOrEqual(40_000);
    expect(await bash("id -un; whoami")).toBe("sandbox\nsandbox\n");
    expect(await bash("id -u; id -g; id -G; grep -E '^(Cap|NoNew|Seccomp:)' /proc/self/status | tr -d '\\t'")).toBe(
      `${user}\n${user}\n${user}\nCapInh:0000000000000000\nCapPrm:0000000000000000\nCapEff:0000000000000000\nCapBnd:00000000000000e0\nCapAmb:0000000000000000\nNoNewPrivs:1\nSeccomp:2\n`,
    );
  });

  it("should not write outside of its folders", async () => {
    expect(await refusal("open('/x', 'w')")).toMatch(/EROFS|EACCES/);
    expect(await refusal("open('/opt/sluice/supervisor/main.py', 'a')")).toMatch(/EROFS|EACCES/);
    expect(await refusal("os.mkdir('/usr/x')")).toMatch(/EROFS|EACCES/);
    expect(await refusal("open('/workspace/x', 'w')")).toBe("done");
    expect(await refusal("open('/tmp/x', 'w')")).toBe("done");
  });

  it("should neither kill, trace nor read process 1", async () => {
    // As the first thing of a cell: that is when process 1 has just let it go on.
    for (let turn = 0; turn < 25; turn += 1) {
      const early =
        "import os, errno\ntry: os.kill(1, 17); print('done')\nexcept OSError as e: print(errno.errorcode[e.errno])";
      expect((await run(session, early)).stdout, `turn ${turn}`).toBe("EPERM\n");
    }
    for (const signal of [9, 15, 2, 17]) expect(await refusal(`os.kill(1, ${signal})`)).toBe("EPERM");
    for (const name of ["environ", "mem", "maps", "fd/1", "fd/0"])
      expect(await refusal(`open('/proc/1/${name}', 'rb').read()`)).toBe("EACCES");
    expect(await refusal("os.listdir('/proc/1/fd')")).toBe("EACCES");
    const trace = await run(
      session,
      "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.ptrace(16, 1, 0, 0), ctypes.get_errno())",
    );
    expect(trace.stdout).toBe("-1 1\n");
    expect(await refusal("os.pidfd_open(1)\nimport signal\nsignal.pidfd_send_signal(os.pidfd_open(1), 9)")).toBe(
      "EPERM",
    );
  });

  it("should not be reached by a program that tries at every moment", async () => {
    const own = await kit.open();
    // Three tries at once, also in the moments in which process 1 stops, ends, and looks at the user's files as the user.
    const tries = `import os, subprocess, sys, time
code = """
import os
while True:
    for number in (0, 2, 17):
        try:
            os.kill(1, number)
            open('reached', 'a').write('x')
        except PermissionError: pass
"""
for _ in range(3): subprocess.Popen([sys.executable, '-c', code])
time.sleep(0.3)`;
    await run(own, tries);
    for (let turn = 0; turn < 100; turn += 1) await run(own, "import time; time.sleep(0.01)");
    // All of them are ended in one moment.
    await run(own, "time.sleep(60)", { timeout: 300 });
    expect((await run(own, "import os; print(os.path.exists('reached'))")).stdout).toBe("False\n");
    await own[Symbol.asyncDispose]();
  });

  it("should see no process of the host, and no other session's", async () => {
    const other = await kit.open();
    await run(other, "secret = 'other'\nimport os\nos.environ['OTHER'] = 'x'\nopen('other.txt', 'w').write('x')");
    const pids = (await bash("ls /proc | grep -E '^[0-9]+$' | wc -l")).trim();
    expect(Number(pids)).toBeLessThan(12);
    expect(await bash("ls; tr '\\0' '\\n' < /proc/self/environ | cut -d= -f1 | sort | tr '\\n' ' '")).not.toContain(
      "other",
    );
    expect(await bash("echo [$OTHER]")).toBe("[]\n");
    await other[Symbol.asyncDispose]();
  });

  it("should have nothing of the host's environment", async () => {
    process.env["SLUICE_PLANTED_SECRET"] = "planted";
    const own = await kit.open();
    const { stdout } = await run(own, "env", { language: "bash" });
    delete process.env["SLUICE_PLANTED_SECRET"];
    expect(stdout).not.toContain("planted");
    expect(stdout).toContain("HOME=/workspace");
    await own[Symbol.asyncDispose]();
  });

  it("should not mount, make devices or enter namespaces", async () => {
    expect(await bash("mount -t tmpfs none /tmp 2>/dev/null || mount -o remount,rw / 2>/dev/null || echo no")).toBe(
      "no\n",
    );
    expect(
      await bash(
        "unshare -r true 2>/dev/null || unshare -m true 2>/dev/null || nsenter -t 1 -m true 2>/dev/null || echo no",
      ),
    ).toBe("no\n");
    expect(await refusal("import stat\nos.mknod('dev', stat.S_IFBLK | 0o600, os.makedev(8, 0))")).toBe("EPERM");
    expect(await bash("echo b > /proc/sysrq-trigger || echo no")).toBe("no\n");
    expect(
      await bash("mkdir /sys/fs/cgroup/memory/x 2>/dev/null || mkdir /sys/fs/cgroup/x 2>/dev/null || echo no"),
    ).toBe("no\n");
    expect(await bash("ls /var/run/docker.sock /run/containerd 2>/dev/null || echo no")).toBe("no\n");
  });

  it("should gain nothing by setuid programs", async () => {
    const own = await bash("id -u; cp /bin/bash ./suid && chmod 4755 ./suid && ./suid -p -c 'id -u'; rm -f suid");
    expect(new Set(own.trim().split("\n")).size).toBe(1);
    expect(
      await bash("find / -xdev -perm /6000 -type f 2>/dev/null | wc -l; command -v su && su -c true || echo no"),
    ).toMatch(/^0\n(.*\n)?no\n$/);
  });

  it("should have no network", async () => {
    const code = (family: string, address: string) =>
      refusal(
        `import socket\ns = socket.socket(socket.${family}, socket.SOCK_STREAM)\ns.settimeout(2)\ns.connect(${address})`,
      );
    expect(await code("AF_INET", "('1.1.1.1', 53)")).toBe("ENETUNREACH");
    expect(await code("AF_INET", "('169.254.169.254', 80)")).toBe("ENETUNREACH");
    expect(await code("AF_INET6", "('2606:4700::1111', 53)")).toMatch(/ENETUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT/);
    expect(await bash("ls /sys/class/net | tr '\\n' ' '; getent hosts example.com || echo unknown")).toBe(
      "lo unknown\n",
    );
    const raw = await run(
      session,
      "import socket\ntry:\n    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)\nexcept PermissionError:\n    print('no')",
    );
    expect(raw.stdout).toBe("no\n");
  });

  it("should not reach the host by frames of its own", async () => {
    const forged = "bytes([0, 0, 0, 2, 74]) + b'{}'";
    const ran = await run(
      session,
      `import sys\nsys.stdout.buffer.write(${forged} * 3); sys.stdout.flush()\nprint('after')`,
    );
    expect(ran.stdout.endsWith("after\n")).toBe(true);
    expect(ran.end).toMatchObject({ status: "exited", exitCode: 0 });
    // Its own interpreter's pipe takes rubbish; the session goes on.
    const rubbish =
      "import os\nfor fd in range(3, 256):\n    try:\n        os.write(fd, b'\\xff' * 64)\n    except OSError:\n        pass\n";
    const end = await run(session, rubbish, { timeout: 3_000 });
    expect(["exited", "timeout", "signalled"]).toContain(end.end.status);
    expect((await run(session, "print('alive')")).stdout).toBe("alive\n");
  });
});

describe("a session's files", () => {
  it("should go in and come out as they are", async () => {
    const own = await kit.open();
    const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 256));
    const names = [
      "plain.bin",
      "deep/er/file.txt",
      "-dash",
      "with space 'quote' \"two\"",
      "ünï🎉.txt",
      "a".repeat(255),
    ];
    await own.put(names.map((path) => ({ path, content })));
    for (const path of names) expect(Buffer.from(await own.get(path)).equals(content)).toBe(true);
    await own.put([{ path: "plain.bin", content: new Uint8Array() }]);
    expect((await own.get("plain.bin")).length).toBe(0);
    const owned = await run(own, "stat -c '%u %a' plain.bin; ls -A | wc -l", { language: "bash" });
    expect(owned.stdout).toBe(`${(await run(own, "id -u", { language: "bash" })).stdout.trim()} 644\n6\n`);
    expect(owned.files).toEqual([]);
    await own[Symbol.asyncDispose]();
  });

  it("should refuse paths that leave the workspace", async () => {
    for (const path of ["/etc/passwd", "../x", "a/../../x", "", ".", "a//b", "a/./b", "nul\0"]) {
      await expect(session.put([{ path, content: new Uint8Array(1) }])).rejects.toMatchObject({
        code: "SLUICE_FILE_OUTSIDE",
      });
      await expect(session.get(path)).rejects.toMatchObject({ code: "SLUICE_FILE_OUTSIDE" });
    }
    await expect(session.put([{ path: "b".repeat(300), content: new Uint8Array(1) }])).rejects.toMatchObject({
      code: "SLUICE_FILE_FAILED",
    });
  });

  it("should follow no link", async () => {
    await bash(
      "ln -sf /etc/passwd link; ln -sfn /etc dir; mkdir -p real; echo in > real/file; ln -sfn real inner; mkfifo pipe",
    );
    for (const path of ["link", "dir/passwd", "inner/file"]) {
      await expect(session.get(path)).rejects.toMatchObject({ code: "SLUICE_FILE_OUTSIDE" });
    }
    await expect(session.put([{ path: "dir/x", content: new Uint8Array(1) }])).rejects.toMatchObject({
      code: "SLUICE_FILE_OUTSIDE",
    });
    await session.put([{ path: "link", content: Buffer.from("mine") }]);
    expect(await bash("cat link; head -c 4 /etc/passwd")).toBe("mineroot");
    await expect(session.get("pipe")).rejects.toMatchObject({ code: "SLUICE_FILE_NOT_FOUND" });
    await expect(session.get("real")).rejects.toMatchObject({ code: "SLUICE_FILE_NOT_FOUND" });
    await expect(session.get("missing/file")).rejects.toMatchObject({ code: "SLUICE_FILE_NOT_FOUND" });
    expect(await bash("ln /etc/passwd hard 2>/dev/null || echo no")).toBe("no\n");
    expect((await session.list()).map(({ path }) => path)).not.toContain("dir/passwd");
  });

  it("should survive a link that is swapped while it reads", async () => {
    await bash("mkdir -p swap; echo safe > swap/passwd");
    const texts = await getWhileSwapped(session);
    expect(texts.filter((text) => text !== "safe\n" && text !== "refused")).toEqual([]);
  });

  it("should leave nothing half-written of what is too large", async () => {
    await using small = await startSandbox({ workspace: 4 * 1024 * 1024 });
    const own = await small.open();
    const tooLarge = { code: "SLUICE_FILE_TOO_LARGE" };
    await expect(own.put([{ path: "big", content: new Uint8Array(5 * 1024 * 1024) }])).rejects.toMatchObject(tooLarge);
    await own.put([{ path: "first", content: new Uint8Array(3 * 1024 * 1024) }]);
    await expect(own.put([{ path: "second", content: new Uint8Array(3 * 1024 * 1024) }])).rejects.toMatchObject(
      tooLarge,
    );
    expect((await run(own, "ls -A", { language: "bash" })).stdout).toBe("first\n");
    expect((await run(own, "print('alive')")).stdout).toBe("alive\n");
  });
});
