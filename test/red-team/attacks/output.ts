import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../../e2e/cli-kit.ts";
import { type Attack, each } from "../attack.ts";

/** Takes the cursor, the screen, the title and the clipboard; looks like other text. */
const escapes = ["\\x1b[2K\\x1b[G", "\\x1b]0;owned\\x07", "\\x1b]52;c;b3duZWQ=\\x07", "\\x9b2J", "\\u202e", "\\u200b"];
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const raw = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b]/;

/** What our own lines held that a terminal would obey. */
export const obeyed = (text: string) => {
  const found = raw.exec(text);
  return found === null ? undefined : `a line of ours holds ${JSON.stringify(found[0])}`;
};

const programs = escapes.flatMap((taken) => [
  `open("a${taken}b.txt", "w").write("x")`,
  `raise ValueError("${taken}")`,
  `class E(Exception): pass\nE.__name__ = "${taken}"\nraise E("x")`,
  `import os; os.makedirs("d${taken}"); open("d${taken}/-rf", "w").write("x")`,
]);

/** A profile and a plugin of a stranger's, with what a terminal obeys in each place where a text may stand. */
function strangersWords(place: Place): string {
  const taken = "\u001b]0;owned\u0007\u001b[2K\u202e\u009b2J";
  const folder = join(place.folder, `words-${taken}`);
  mkdirSync(join(folder, "own"), { recursive: true });
  const property = { type: "string", description: taken, default: taken };
  const config = { type: "object", additionalProperties: false, properties: { [`a${taken}`]: property, b: property } };
  const manifest = { name: "own", kind: "model", api: 1, description: taken, config };
  writeFileSync(join(folder, "own/plugin.json"), JSON.stringify(manifest));
  const text = JSON.stringify(taken);
  const when = `{ when: [{ if: { tag: ${text} }, then: own }], else: own }`;
  writeFileSync(
    join(folder, "sluice.yaml"),
    `version: 1
name: ${text}
description: ${text}
plugins:
  own: { use: ./own, with: { b: ${text}, ${text}: ${text} } }
  ${text}: { use: ${text} }
  model: { use: llm-scripted, with: { script: [${text}], model: ${text}, delay: ${text} } }
flows:
  chat: ${when}
  ${text}: ${text}
  other: { loop: [model, ${text}], until: ${text} }
`,
  );
  writeFileSync(
    join(folder, "good.yaml"),
    `version: 1
name: ${text}
plugins: { m: { use: llm-scripted, with: { script: [${text}] } }, w: { use: websocket, with: { listen: "127.0.0.1:0" } } }
flows: { chat: { when: [{ if: { tag: ${text} }, then: m }], else: m } }
`,
  );
  return folder;
}

export const output: readonly Attack[] = [
  {
    ...{
      finding: 5,
      as: "a stranger's folder",
      over: "command line",
      what: "names and descriptions that a terminal would obey",
    },
    play: ({ place }) => {
      const folder = strangersWords(place);
      const given = ["-p", join(folder, "sluice.yaml")];
      const good = ["-p", join(folder, "good.yaml")];
      const commands: readonly (readonly string[])[] = [
        ["check", ...given],
        ["check", ...good],
        ["graph", ...given],
        ["graph", ...good],
        ["graph", "--format", "dot", ...good],
        ["graph", "--format", "mermaid", ...good],
        ["explain", "chat", ...good],
        ["explain", "chat\u001b[2K", ...good],
        ["plugins", "info", join(folder, "own")],
        ["plugins", "info", "\u001b[2K"],
        ["models", "list", ...given],
        ["settings", "get", "\u001b[2K"],
        ["run", "-e", "1", ...given],
        ["run", "\u001b[2K.py"],
        ["ask", "-f", "\u001b[2K", "hi", ...good],
        ["up", ...given],
        ["trust", ...given],
        ["trust", "--list"],
        ["\u001b[2K"],
        ["run", "--\u001b[2K"],
      ];
      return each(commands, async (command) => {
        const ended = await place.run(command);
        return obeyed(`${ended.stdout}${ended.stderr}`.replaceAll("\n", ""));
      });
    },
  },
  {
    ...{ finding: 5, as: "a program", over: "command line", what: "names and errors that a terminal would obey" },
    play: (ground) =>
      each(programs, async (code) => {
        const ended = await ground.program(["--get", "got-names", "--json", "-e", code]);
        return (
          obeyed(ended.stdout.replaceAll("\n", "")) ??
          obeyed(ended.stderr.replace(/^.*Traceback[\s\S]*$/m, "").replaceAll("\n", ""))
        );
      }),
    long: true,
  },
  {
    ...{ finding: 5, as: "a program", over: "--get", what: "files that overwrite, follow links, hide or grow" },
    play: async (ground) => {
      const { place, outside } = ground;
      const got = join(place.folder, "got");
      mkdirSync(got);
      writeFileSync(join(got, "mine.txt"), "mine");
      symlinkSync(join(outside, "secret.txt"), join(got, "link.txt"));
      const code = `import os
open("mine.txt", "w").write("theirs")
open("link.txt", "w").write("theirs")
os.symlink("/etc/passwd", "passwd")
os.link("mine.txt", "hard")
os.mkfifo("fifo")
open("run.sh", "w").write("#!/bin/sh\\necho owned\\n"); os.chmod("run.sh", 0o4777)
f = open("sparse", "w"); f.truncate(1 << 40); f.close()
os.makedirs("sub"); os.symlink("/", "sub/root")`;
      const ended = await ground.program(["--get", "got", "-e", code]);
      const gained = [
        readFileSync(join(got, "mine.txt"), "utf8") === "mine" ? [] : ["a file was overwritten"],
        readFileSync(join(outside, "secret.txt"), "utf8").includes("theirs") ? ["a link was followed"] : [],
        existsSync(join(got, "passwd")) ? ["a link out of the workspace was fetched"] : [],
        existsSync(join(got, "run.sh")) && (lstatSync(join(got, "run.sh")).mode & 0o6111) !== 0
          ? ["it may be run"]
          : [],
        // Without room for its length it is an empty one.
        existsSync(join(got, "sparse")) && lstatSync(join(got, "sparse")).size > 0 ? ["a tebibyte was taken"] : [],
        existsSync(join(got, "sub/root")) ? ["a folder's link was fetched"] : [],
        obeyed(ended.stderr.replaceAll("\n", "")) ?? [],
      ].flat();
      return { tried: 8, gained };
    },
  },
  {
    ...{ finding: 5, as: "a program", over: "--get", what: "files that programs of this machine obey, untold" },
    play: async (ground) => {
      const { place } = ground;
      const paths = ["HEAD", "config", ".git/config", ".vscode/tasks.json", ".mcp.json", "AGENTS.md", "x/conftest.py"];
      const code = `import os
for path in ${JSON.stringify(paths)}:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    open(path, "w").write("x")`;
      const { stderr } = await ground.program(["--get", "obeyed", "-e", code]);
      // What is hidden in the workspace is not fetched at all.
      const isThere = (path: string) => existsSync(join(place.folder, "obeyed", path));
      if (!isThere("HEAD")) return { tried: 0, gained: [`nothing was fetched: ${stderr}`] };
      return each(paths, async (path) =>
        stderr.includes(`${path} `) || !isThere(path) ? undefined : `nobody is told of ${path}`,
      );
    },
  },
  {
    ...{
      finding: 5,
      as: "a file's name",
      over: "command line",
      what: "an argument that is taken for a flag or a script",
    },
    play: (ground) =>
      each(["--put=/etc/passwd", "-e", "--get=..", "$(touch owned)", "`touch owned`", ";touch owned"], async (name) => {
        ground.place.write(`${name.replaceAll("/", "_")}.py`, "print('ran')");
        await ground.program(["--", `${name.replaceAll("/", "_")}.py`]);
        return existsSync(join(ground.place.folder, "owned")) ? "it was run by a shell" : undefined;
      }),
    long: true,
  },
];
