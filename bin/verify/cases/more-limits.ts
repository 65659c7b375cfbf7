import { plural } from "../../../core/kit/index.ts";
import { type Case, expectThat, run, shown } from "../ground.ts";

const group = "limits";
const mebibyte = 1024 * 1024;
const cure = "Use the sandbox as it is shipped; its bounds are those of the profile.";

export const moreLimits: readonly Case[] = [
  {
    id: 97,
    group,
    name: "what one session uses up of its user's, another has",
    cure: "Leave `user:` out: then each session has a user of its own.",
    needs: ({ config }) => (config["user"] === undefined ? undefined : "the profile names one user for all sessions"),
    async prove({ open }) {
      await using one = await open();
      await using other = await open();
      const taking = `import ctypes, os\nlibc = ctypes.CDLL(None)\nheld = []\nwhile len(held) < 100000:\n    fd = libc.inotify_init1(0)\n    if fd < 0: break\n    held.append(fd)\nprint(len(held))`;
      const first = await run(one, "python", taking);
      expectThat(Number(first.stdout) > 0, `the first was given ${shown(first.stdout)}`);
      const second = await run(other, "python", taking);
      expectThat(
        Number(second.stdout) === Number(first.stdout),
        `one had ${first.stdout.trim()} watchers, then another ${second.stdout.trim()}`,
      );
    },
  },
  {
    id: 98,
    group,
    name: "output is kept to the byte, and the program finishes",
    cure,
    needs: ({ config }) =>
      Number(config["output"]) <= 256 * mebibyte ? undefined : "the profile keeps more output than is tried",
    async prove({ open, config }) {
      await using session = await open();
      const most = Number(config["output"]);
      const { stdout, end } = await run(session, "bash", `head -c ${most + 4096} /dev/zero | tr '\\0' x`);
      expectThat(
        end.truncated === true && end.exitCode === 0,
        `it ended with ${end.status}, truncated: ${end.truncated}`,
      );
      expectThat(stdout.length === most, `${plural(stdout.length, "byte")} came, ${most} are kept`);
    },
  },
  {
    id: 99,
    group,
    name: "the number of results is bounded",
    cure,
    async prove({ open }) {
      await using session = await open();
      const { end, results } = await run(session, "python", "for number in range(30000): display(number)");
      expectThat(
        results < 30_000 ? end.truncated === true : end.exitCode === 0,
        `${plural(results, "result")} came, ${end.status}`,
      );
      expectThat(results <= 20_000, `${plural(results, "result")} of one execution came`);
    },
  },
  {
    id: 100,
    group,
    name: "workspace and /tmp are bounded",
    cure,
    probe: `
found = {}
for folder in ("/workspace", "/tmp"):
    state = os.statvfs(folder)
    found[folder] = state.f_frsize * state.f_blocks
return found`,
    judge(seen, { limits: { memory } }) {
      const sizes = Object.entries((seen ?? {}) as Record<string, number>);
      const wrong = sizes.filter(([, size]) => !(size > 0 && size <= memory));
      return sizes.length === 2 && wrong.length === 0 ? undefined : `their sizes are ${shown(seen)}`;
    },
  },
];
