import { type AskedRun, argumentsOf, base64Of, flagsOf, namesToPut, readFrom, shellWord } from "./run-commands.ts";

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
    ...(isProgram ? stdinLines(asked) : []),
    "",
    isProgram
      ? `sluice run ${inPlace(name)}${flags}${argumentsOf(asked)}${readIn(asked)}`
      : `sluice ask -${flags} <${inPlace(name)}`,
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

/** What the program reads; what is not kept is looked for beside the script, and said. */
function stdinLines({ stdin }: AskedRun): readonly string[] {
  if (stdin === undefined) return [];
  const { content, told, file } = stdin;
  const size = told === undefined ? "" : ` (${told.bytes} B)`;
  const end = told?.whole === false ? ["# The run ended before the end of its standard input was read."] : [];
  if (content !== undefined)
    return ["", ...end, `base64 -d >${inPlace("stdin")} <<'END'`, ...base64Lines(content), "END"];
  const digest = told?.sha256 === undefined ? [] : [`# The SHA-256 of what was read is ${told.sha256}.`];
  return [
    "",
    ...end,
    ...digest,
    `# Its standard input${size} is not in this script: it is read from a file in the folder in which the script is run.`,
    `[ -f ./${shellWord(file)} ] || { echo 'the standard input${size} was not kept: put it into the file ${file}' >&2; exit 66; }`,
  ];
}

function readIn(asked: AskedRun): string {
  return asked.stdin?.content === undefined ? readFrom(asked) : ` <${inPlace("stdin")}`;
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
  return base64Of(content).match(/.{1,76}/g) ?? [];
}
