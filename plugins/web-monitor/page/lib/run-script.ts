import { type AskedRun, argumentsOf, flagsOf, namesToPut, shellWord } from "./run-commands.ts";

export interface ScriptFile {
  readonly path: string;
  /** Undefined where it is not kept: then it is looked for where the script is run. */
  readonly content: Uint8Array | undefined;
}

/** What a program's file is called where it had no name. */
const endings: Readonly<Record<string, string>> = {
  ...{ python: "py", javascript: "js", typescript: "ts", bash: "sh", notebook: "ipynb" },
};

/**
 * A script for any shell of Unix that asks the same: a command has no room for long programs, and none for files.
 * What is asked becomes a file, byte for byte, in a folder that the script removes.
 */
export function scriptOf(asked: AskedRun, files: readonly ScriptFile[]): string {
  const { text = "", code } = asked.input;
  const isProgram = code !== undefined;
  const name = isProgram ? programName(asked) : "question.txt";
  const put = namesToPut(files.map(({ path }) => path)).map((top) => inPlace(`files/${top}`));
  const flags = flagsOf(asked, put);
  return [
    "#!/bin/sh",
    "# It asks the same as a run of Sluicebox did, of the host that is up or of the profile in this folder.",
    "set -eu",
    "place=$(mktemp -d)",
    `trap 'rm -rf "$place"' EXIT`,
    "trap 'exit 130' INT",
    "trap 'exit 143' TERM",
    "",
    ...files.flatMap(fileLines),
    ...textLines(inPlace(name), code ?? text),
    "",
    isProgram ? `sluice run ${inPlace(name)}${flags}${argumentsOf(asked)}` : `sluice ask -${flags} <${inPlace(name)}`,
    "",
  ].join("\n");
}

/** A text as it is, whether its last line has an end or not. */
function textLines(word: string, text: string): readonly string[] {
  const { length } = new TextEncoder().encode(text);
  if (length === 0) return [`: >${word}`];
  let end = "END";
  while (text.split("\n").includes(end)) end += "_END";
  return [`head -c ${length} >${word} <<'${end}'`, text, end];
}

function programName({ input: { file, language = "python" } }: AskedRun): string {
  const own = file?.split("/").at(-1);
  if (own !== undefined && own !== "") return own;
  const ending = Object.hasOwn(endings, language) ? `.${endings[language]}` : "";
  return `program${ending}`;
}

function fileLines({ path, content }: ScriptFile): readonly string[] {
  const folder = path.split("/").slice(0, -1).join("/");
  return [
    `mkdir -p ${inPlace(folder === "" ? "files" : `files/${folder}`)}`,
    ...(content === undefined
      ? [`# ${oneLine(path)} is not in this script: it is read from the folder in which the script is run.`]
      : []),
    ...(content === undefined
      ? [`cp ./${shellWord(path)} ${inPlace(`files/${path}`)}`]
      : [`base64 -d >${inPlace(`files/${path}`)} <<'END'`, ...base64Lines(content), "END"]),
    "",
  ];
}

/** A path in the folder that the script makes, as a word of the shell. */
function inPlace(path: string): string {
  return `"$place"/${shellWord(path)}`;
}

function oneLine(path: string): string {
  return path.replace(/\s+/g, " ");
}

/** Lines of 76 characters, as the format of mail has them. */
function base64Lines(content: Uint8Array): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < content.length; at += 57)
    lines.push(btoa(String.fromCharCode(...content.subarray(at, at + 57))));
  return lines;
}
