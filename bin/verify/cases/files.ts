import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent, RunHandle } from "../../../core/contract/index.ts";
import { plural } from "../../../core/kit/index.ts";
import { RunResult } from "../../execution/collected.ts";
import { type Case, expectThat, run, shown } from "../ground.ts";

const group = "files";
const cure = "Run the sandbox image as it is built: `sluice sandbox build --force`.";

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "done",
    (error: unknown) => String((error as { code?: unknown }).code ?? error),
  );

export const files: readonly Case[] = [
  {
    id: 101,
    group,
    name: "no file of the container is fetched through a link",
    cure,
    async prove({ open }) {
      await using session = await open();
      await run(
        session,
        "bash",
        "echo own >own; ln -sfn /etc folder; ln -sf /etc/passwd file; ln /etc/passwd hard 2>/dev/null; mkdir swap; echo safe >swap/passwd",
      );
      expectThat(Buffer.from(await session.get("own")).toString() === "own\n", "not even a plain file was fetched");
      for (const path of ["file", "folder/passwd", "../etc/passwd", "/etc/passwd"]) {
        const code = await codeOf(session.get(path));
        expectThat(code === "SLUICE_FILE_OUTSIDE", `${path}: ${code}`);
      }
      const swapping = run(
        session,
        "python",
        "import os, time\nuntil = time.time() + 1\nwhile time.time() < until:\n    os.rename('swap', 'aside'); os.symlink('/etc', 'swap'); os.unlink('swap'); os.rename('aside', 'swap')",
      );
      for (let round = 0; round < 100; round += 1) {
        const text = await session.get("swap/passwd").then(
          (bytes) => Buffer.from(bytes).toString(),
          () => "",
        );
        expectThat(text === "" || text === "safe\n", "a file of the container was fetched while folders were swapped");
      }
      await swapping;
    },
  },
  {
    id: 102,
    group,
    name: "what is no plain file is not fetched",
    cure,
    async prove({ open }) {
      await using session = await open();
      await run(
        session,
        "python",
        "import os, socket\nos.mkfifo('fifo')\nsocket.socket(socket.AF_UNIX).bind('socket')\nos.mkdir('folder')\nos.symlink('/dev/zero', 'device')",
      );
      for (const path of ["fifo", "socket", "folder", "device"]) {
        const code = await codeOf(session.get(path));
        expectThat(code.startsWith("SLUICE_FILE_"), `${path}: ${code}`);
      }
    },
  },
  {
    id: 103,
    group,
    name: "a file with holes is counted by its length",
    cure,
    async prove({ open, limits }) {
      await using session = await open();
      const size = Math.floor(limits.memory / 4);
      await run(session, "python", `with open('holes', 'wb') as file: file.truncate(${size})`);
      const listed = (await session.list()).find(({ path }) => path === "holes");
      expectThat(listed?.size === size, `a file of ${plural(size, "byte")} is listed with ${listed?.size}`);
    },
  },
  {
    id: 104,
    group,
    name: "any name is a name",
    cure,
    async prove({ open }) {
      await using session = await open();
      const names = ["new\nline", "\u001b[2Jcleared", "\u202egnp.exe", "-rf", "x".repeat(255), " ", "'", "$(id)"];
      await session.put(names.map((path) => ({ path, content: Buffer.from("own") })));
      const listed = (await session.list()).map(({ path }) => path);
      for (const name of names) {
        expectThat(listed.includes(name), `${shown(name)} is not listed`);
        expectThat(Buffer.from(await session.get(name)).toString() === "own", `${shown(name)} is another`);
      }
    },
  },
  {
    id: 105,
    group,
    name: "nothing is put outside of the workspace",
    cure,
    async prove({ open }) {
      await using session = await open();
      for (const path of ["../x", "/tmp/x", "a/../../x", "nul\0", "", ".", "a/./b"]) {
        const code = await codeOf(session.put([{ path, content: Buffer.from("x") }]));
        expectThat(code === "SLUICE_FILE_OUTSIDE", `${shown(path)}: ${code}`);
      }
    },
  },
  {
    id: 106,
    group,
    name: "fetching a file writes over none of this machine's",
    cure: "Use `--get` without `--force`.",
    async prove({ open }) {
      await using session = await open();
      await run(session, "bash", "echo from-inside >own");
      const folder = await mkdtemp(join(tmpdir(), "sluice-verify-"));
      try {
        await writeFile(join(folder, "own"), "kept");
        const collected = new RunResult(folder);
        collected.observe({ type: "exec-file", data: { path: "own", size: 12, mime: "text/plain" } } as RunEvent);
        await collected.save({ file: (path: string) => session.get(path) } as unknown as RunHandle);
        const held = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
        expectThat((await readFile(join(folder, "own"), "utf8")) === "kept", "a file of this machine was written over");
        expectThat(held.includes("from-inside\n"), "the file was not fetched, so that nothing is shown");
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
  {
    id: 107,
    group,
    name: "many files are listed and fetched, each as it is",
    cure,
    async prove({ open }) {
      await using session = await open();
      await run(
        session,
        "python",
        "for number in range(500):\n    with open('f%d' % number, 'w') as file: file.write('%d' % number)",
      );
      const listed = (await session.list()).filter(({ path }) => /^f\d+$/.test(path));
      expectThat(listed.length === 500, `${listed.length} of 500 are listed`);
      for (const { path } of listed.slice(0, 50))
        expectThat(`f${Buffer.from(await session.get(path)).toString()}` === path, `${path} is another`);
    },
  },
  {
    id: 108,
    group,
    name: "putting a file follows no link of a program",
    cure,
    async prove({ open }) {
      await using session = await open();
      await run(session, "bash", "echo kept >/tmp/target; ln -s /tmp/target link; ln -s /tmp folder");
      await session.put([{ path: "link", content: Buffer.from("mine") }]);
      const code = await codeOf(session.put([{ path: "folder/target", content: Buffer.from("mine") }]));
      const { stdout } = await run(session, "bash", "cat /tmp/target link");
      expectThat(stdout === "kept\nmine" && code === "SLUICE_FILE_OUTSIDE", `it holds ${shown(stdout)}; ${code}`);
    },
  },
];
