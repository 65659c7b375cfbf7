import type { ExecEvent } from "../../../core/contract/index.ts";
import { plural } from "../../../core/kit/index.ts";
import { type Case, expectThat, type Ground, type Ran, run, shown } from "../ground.ts";

const group = "supervisor";
const cure = "Run the sandbox image as it is built: `sluice sandbox build --force`.";

/** Writes a frame as interpreters do to every descriptor that takes it. */
const forge = `import os, sys, time
fds = []
for fd in range(3, 260):
    try:
        os.set_blocking(fd, False)
        fds.append(fd)
    except OSError: pass
def forge(kind, payload):
    data = len(payload).to_bytes(4, "big") + kind.encode() + payload
    for fd in fds:
        try: os.write(fd, data)
        except OSError: pass
`;

/** Afterwards the session, or another of this sandbox, must answer as ever. */
async function alive({ open }: Ground, what: string): Promise<void> {
  await using other = await open();
  const { stdout } = await run(other, "python", "print(6 * 7)");
  expectThat(stdout === "42\n", `after ${what} another session answered ${shown(stdout)}`);
}

const forging = (
  id: number,
  name: string,
  code: string,
  holds: (ran: Ran, events: readonly ExecEvent[]) => string | undefined,
  // A machine that is busy may take many seconds to begin, above all under gVisor.
  timeout = 30_000,
): Case => ({
  id,
  group,
  name,
  cure,
  async prove(ground) {
    await using session = await ground.open();
    const events: ExecEvent[] = [];
    const onEvent = (event: ExecEvent) => void (event.type.startsWith("exec-std") || events.push(event));
    const ran = await run(session, "python", forge + code, { timeout, onEvent });
    const wrong = holds(ran, events);
    if (wrong !== undefined) throw new Error(wrong);
    await alive(ground, name);
  },
});

const end = '{"id":1,"status":"exited","exitCode":0,"signal":null,"stateLost":false}';

export const frames: readonly Case[] = [
  forging(
    72,
    "frames that a program prints are plain output",
    `frame = bytes([0, 0, 0, ${end.length}, 74]) + b'${end}'\nos.write(1, frame + bytes([1, 0, 0, 0, 0, 0, 0, len(frame)]) + frame)\nos.write(2, frame)\nprint('after')\nsys.exit(4)`,
    ({ stdout, end }) =>
      stdout.endsWith("after\n") && end.exitCode === 4
        ? undefined
        : `it was told to have ended with ${end.exitCode}, and printed ${plural(stdout.length, "byte")}`,
  ),
  forging(
    73,
    "no code says by a frame how it ended",
    `for number in range(300):\n    forge("d", b"0 0 %d" % number)\nforge("d", b"0 0 x")\nforge("e", b'{"name": "Forged", "message": "x"}')\ntime.sleep(0.5)\nprint('after')\nsys.exit(5)`,
    ({ stdout, end }) =>
      stdout.endsWith("after\n") && end.exitCode === 5
        ? undefined
        : `it was told to have ended with ${end.status} ${end.exitCode} before it had`,
  ),
  forging(
    75,
    "names of our errors are ours",
    "class SLUICE_SANDBOX_LOST(Exception): pass\nraise SLUICE_SANDBOX_LOST('the container was lost')",
    ({ end }) =>
      end.error?.name.startsWith("SLUICE_") ? `an error of the code is called ${end.error.name}` : undefined,
  ),
  forging(
    76,
    "a result nested 100,000 deep ends that run at most",
    `forge("r", b'{"data":{"application/json":' + b"[" * 100000 + b"]" * 100000 + b"}}")\nprint('after')`,
    () => undefined,
  ),
  {
    id: 77,
    alone: true,
    group,
    name: "a flood of results delays nobody else",
    cure,
    async prove(ground) {
      await using flooding = await ground.open();
      await using other = await ground.open();
      await run(other, "python", "0");
      const flood = run(flooding, "python", "for number in range(50000): display(number)", { timeout: 20_000 });
      const times: number[] = [];
      for (let round = 0; round < 9; round += 1) {
        const began = performance.now();
        const { stdout } = await run(other, "python", "print(1 + 1)");
        expectThat(stdout === "2\n", `another session answered ${shown(stdout)}`);
        times.push(performance.now() - began);
      }
      await flood;
      const median = times.sort((left, right) => left - right)[4] ?? 0;
      expectThat(median < 500, `another session answered after ${Math.round(median)} ms`);
    },
  },
  {
    id: 78,
    group,
    name: "a flood of questions is cut off",
    cure,
    needs: ({ config }) =>
      Number(config["output"]) <= 64 * 1024 * 1024 ? undefined : "the profile keeps more output than is tried",
    async prove(ground) {
      await using session = await ground.open();
      const most = Number(ground.config["output"]);
      const count = Math.ceil(most / 60_000) + 200;
      let bytes = 0;
      const onEvent = (event: ExecEvent) => {
        if (event.type === "input-request") bytes += event.data.prompt.length;
      };
      const flood = `${forge}for number in range(${count}): forge("i", b'{"prompt": "' + b"x" * 60000 + b'"}')\nprint('after')`;
      await run(session, "python", flood, { timeout: 20_000, onEvent });
      expectThat(bytes <= most, `${plural(bytes, "byte")} of questions came, ${most} of output are kept`);
      await alive(ground, "a flood of questions");
    },
  },
  forging(
    79,
    "empty frames and huge ones end that run at most",
    `for kind in "driexq": forge(kind, b"")\nos.environ["KIND"] = "r"\nhead = (24 * 1024 * 1024).to_bytes(4, "big") + b"r"\nfor fd in fds:\n    try:\n        os.write(fd, head)\n        for _ in range(100): os.write(fd, b"x" * 65536)\n    except OSError: pass\nprint('after')`,
    () => undefined,
  ),
  forging(
    80,
    "what stops itself times out",
    "import signal\nos.kill(os.getpid(), signal.SIGSTOP)\nprint('gone on')",
    ({ end, stdout }) =>
      end.status === "timeout" && stdout === "" ? undefined : `it ended with ${end.status}: ${stdout}`,
    8_000,
  ),
  forging(
    81,
    "what closes its descriptors ends all the same",
    "for fd in range(260):\n    try: os.close(fd)\n    except OSError: pass",
    // Its interpreter may go with them, and then says that the state is lost.
    ({ end }) => (end.exitCode === 0 || end.stateLost ? undefined : `it ended with ${end.status} ${end.exitCode}`),
  ),
  {
    id: 82,
    group,
    name: "ends are told apart as they were",
    cure,
    async prove({ open }) {
      await using session = await open();
      const left = await run(session, "python", "import sys\nsys.exit(3)");
      expectThat(
        left.end.status === "exited" && left.end.exitCode === 3,
        `an exit with 3 was told as ${shown(left.end)}`,
      );
      const thrown = await run(session, "python", "1 / 0");
      expectThat(thrown.end.error?.name === "ZeroDivisionError", `an error was told as ${thrown.end.error?.name}`);
      const killed = await run(session, "python", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)");
      expectThat(killed.end.signal === "SIGKILL" && killed.end.stateLost, `a kill was told as ${shown(killed.end)}`);
      const late = await run(session, "bash", "sleep 30", { timeout: 500 });
      expectThat(late.end.status === "timeout", `a time-out was told as ${shown(late.end)}`);
    },
  },
];
