import { setTimeout as sleep } from "node:timers/promises";
import { type Case, expectDone, expectThat, run } from "./ground.ts";

const group = "streams";

export const streams: readonly Case[] = [
  {
    group,
    name: "output arrives whole and in its order",
    async prove({ session, config }) {
      // A line has seven bytes at most, and more than the profile keeps would be dropped.
      const lines = Math.min(200_000, Math.floor(Number(config["output"] ?? Number.POSITIVE_INFINITY) / 7));
      const ran = await run(session, "python", `for number in range(${lines}): print(number)`);
      expectDone(ran);
      const expected = Array.from({ length: lines }, (_, number) => `${number}\n`).join("");
      expectThat(ran.stdout === expected, `${ran.stdout.length} bytes came of ${expected.length}, or others`);
    },
  },
  {
    group,
    name: "ends are told as they were",
    async prove({ session }) {
      const left = await run(session, "python", "import sys\nsys.exit(3)");
      expectThat(left.end.exitCode === 3, `an exit with 3 was told as ${left.end.status} ${left.end.exitCode}`);
      const thrown = await run(session, "python", "1 / 0");
      expectThat(thrown.end.error?.name === "ZeroDivisionError", `an error was told as ${thrown.end.error?.name}`);
    },
  },
  {
    group,
    name: "frames that a program forges are plain output",
    async prove({ session }) {
      const end = '{"id":1,"status":"exited","exitCode":0,"signal":null,"stateLost":false}';
      const code = `import os, sys\nframe = bytes([0, 0, 0, ${end.length}, 74]) + b'${end}'\nos.write(1, frame + bytes([1, 0, 0, 0, 0, 0, 0, len(frame)]) + frame)\nprint('after')\nsys.exit(4)`;
      const ran = await run(session, "python", code);
      expectThat(ran.stdout.endsWith("after\n"), "what was printed after it did not come");
      expectThat(ran.end.exitCode === 4, `the program was told to have ended with ${ran.end.exitCode}`);
    },
  },
  {
    group,
    name: "a session that is closed leaves nothing",
    skip: ({ sandbox }) => (sandbox.list === undefined ? "this sandbox does not list its sessions" : undefined),
    async prove({ sandbox, open, patience }) {
      const own = await open();
      await run(own, "bash", "sleep 1000 & disown -a");
      const { signal } = new AbortController();
      const isListed = async () => (await sandbox.list?.(signal))?.some(({ id }) => id === own.id) ?? false;
      expectThat(await isListed(), "it was not listed while it was open");
      const until = performance.now() + patience;
      await own[Symbol.asyncDispose]();
      await own.closed;
      while (await isListed()) {
        expectThat(performance.now() < until, `its container is there ${patience / 1000} s later`);
        await sleep(50);
      }
    },
  },
];
