import type { Command } from "@oclif/core";

export interface ManPageOptions {
  readonly bin: string;
  readonly version: string;
  readonly description: string;
  readonly commands: readonly Command.Cached[];
}

/** The manual page of all commands, section 1, as `man` reads it. Made of what `--help` shows, so they say the same. */
export function manPage({ bin, version, description, commands }: ManPageOptions): string {
  const shown = commands.filter(({ hidden }) => !hidden).sort((a, b) => (a.id < b.id ? -1 : 1));
  const lines = [
    `.TH ${bin.toUpperCase()} 1 "" "sluicebox ${version}" "User Commands"`,
    ".SH NAME",
    `${bin} \\- ${text(firstSentence(description))}`,
    ".SH SYNOPSIS",
    `.B ${bin}`,
    "COMMAND [ARGUMENT ...] [FLAG ...]",
    ".SH DESCRIPTION",
    text(description),
    ".SH COMMANDS",
    ...shown.flatMap((command) => commandLines(bin, command)),
    ...exits,
    ...environment,
    ".SH FILES",
    ".TP\n.I ./sluice.yaml",
    "The profile of this folder. Without one the profile \\(lqdefault\\(rq is used, which comes along.",
    ".SH SEE ALSO",
    `.BR docker (1),\n.UR https://www.npmjs.com/package/sluicebox\n.UE`,
  ];
  return `${lines.join("\n")}\n`;
}

const exits = [
  ".SH EXIT STATUS",
  ...[
    ["0 to 255", "of the program that was run, where there was one"],
    ["2", "the command line is wrong"],
    ["69", "something that is needed is not there"],
    ["78", "the profile is faulty"],
    ["124", "a time-out"],
    ["130", "interrupted"],
  ].flatMap(([code, meaning]) => [".TP", `.B ${code}`, `${meaning}`]),
];

const environment = [
  ".SH ENVIRONMENT",
  ...[
    ["SLUICE_HOME", "where state, data and caches are kept"],
    ["DOCKER_HOST", "the engine, where the profile names none"],
    ["HF_ENDPOINT", "where models of the hub come from, where the profile names nothing"],
    ["NO_COLOR", "no colours"],
  ].flatMap(([name, meaning]) => [".TP", `.B ${name}`, `${meaning}`]),
];

function commandLines(bin: string, command: Command.Cached): string[] {
  const name = `${bin} ${command.id.replaceAll(":", " ")}`;
  const args = Object.values(command.args).map(({ name, required }) => {
    const shown = name.toUpperCase();
    return required ? shown : `[${shown}]`;
  });
  const about = (command.description ?? command.summary ?? "").split(/\n{2,}/);
  return [
    `.SS "${text([name, ...args].join(" "))}"`,
    ...about.flatMap((paragraph, index) => [...(index > 0 ? [".PP"] : []), ...paragraphLines(paragraph, bin)]),
    ...Object.values(command.args).flatMap(({ name, description }) => [
      ".TP",
      `.I ${text(name.toUpperCase())}`,
      ...paragraphLines(description ?? "", bin),
    ]),
    ...Object.values(command.flags)
      .filter(({ hidden }) => !hidden)
      .flatMap((flag) => [".TP", `.B ${text(flagForm(flag))}`, ...paragraphLines(flag.description ?? "", bin)]),
    ...exampleLines(command.examples ?? [], bin),
  ];
}

function flagForm(flag: Command.Flag.Cached): string {
  const names = `${flag.char === undefined ? "" : `-${flag.char}, `}--${flag.name}`;
  if (flag.type === "option")
    return `${names} ${flag.helpValue ?? (flag.options ?? [flag.name.toUpperCase()]).join("|")}`;
  return flag.allowNo ? `${names}, --no-${flag.name}` : names;
}

function exampleLines(examples: readonly Command.Example[], bin: string): string[] {
  if (examples.length === 0) return [];
  const commands = examples.map((each) => (typeof each === "string" ? each : each.command));
  return [".PP", ".nf", ...commands.flatMap((each) => paragraphLines(each, bin)), ".fi"];
}

function paragraphLines(paragraph: string, bin: string): string[] {
  return paragraph.split("\n").map((line) => text(line.replaceAll(/<%= ?config\.bin ?%>/g, bin)) || "\\&");
}

function firstSentence(words: string): string {
  return (words.split(/(?<=[.:])\s/, 1)[0] ?? words).replace(/[.:]$/, "");
}

/** To troff, a line that begins with a dot or a quote is a command, and a backslash an escape. */
function text(line: string): string {
  return line
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll('"', "\\(dq")
    .replace(/^([.'])/, "\\&$1");
}
