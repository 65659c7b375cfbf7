import { SluiceError } from "../../core/contract/index.ts";
import { nearest } from "../../core/kit/index.ts";

/** What oclif throws about the words of a command line. */
export interface OclifError extends Error {
  readonly oclif?: { readonly exit?: number };
  readonly code?: string;
  /** Flags that the command does not have, as they were written. */
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
}

/**
 * The usage error behind what oclif throws, with what was probably meant. Undefined for what is no word of oclif's.
 * @param commands the names of all commands, with spaces: `sandbox build`
 */
export function usageError(
  error: unknown,
  argv: readonly string[],
  commands: readonly string[],
): SluiceError | undefined {
  if (!(error instanceof Error) || (error as OclifError).oclif === undefined) return undefined;
  const words = argv.filter((word) => !word.startsWith("-"));
  const said = firstSentences(error.message);
  const [, command] = /^command (\S+) not found$/.exec(said) ?? [];
  if (command !== undefined) return unknownCommand(command.replaceAll(":", " "), commands, error);
  const name = longestCommand(words, commands);
  const help = `\`sluice ${name === undefined ? "" : `${name} `}--help\` tells what it takes.`;
  const { flags = [] } = error as OclifError;
  if (flags.length > 0) return unknownFlags(flags, error as OclifError, name, help);
  return new SluiceError("SLUICE_USAGE", said, { cure: meantValue(said) ?? help, cause: error });
}

/** Which of the values that a flag or an argument takes was probably meant. */
function meantValue(said: string): string | undefined {
  const [, ofFlag, value = "", ofArgument] =
    /^(?:--\S+ is one of (.*), and )?`(.*)` is none(?: of (.*))?$/.exec(said) ?? [];
  const meant = nearest(value, (ofFlag ?? ofArgument ?? "").split(", "));
  return meant === undefined || meant === "" ? undefined : `Did you mean ${meant}?`;
}

/** What oclif adds about its own rules is said by the help as well. */
function firstSentences(message: string): string {
  return message
    .replace(/\nSee more help with --help$/, "")
    .replace(/\n\nNote: [\s\S]*$/, "")
    .replace(/^The following errors? occurred:\n\s*/, "")
    .replace(/^Missing (\d+) required args?:\n([\s\S]*)$/, (_, count: string, rows: string) => missing(count, rows))
    .replace(/^Missing required flag (\S+)/, "--$1 is missing")
    .replace(/^Unexpected argument/, "unexpected argument")
    .replace(/^Parsing (--\S+)\s+Expected (.*) but received: (.*)$/, "$1 wants $2, and `$3` is none")
    .replace(/^Flag (--\S+) expects a value$/, "$1 wants a value")
    .replace(/^Expected (--[^=\s]+)=(.*) to be one of: (.*)$/, "$1 is one of $3, and `$2` is none")
    .replace(/^Expected (.*) to be one of: (.*)$/, "`$1` is none of $2")
    .trim();
}

/** The rows of arguments that are missing: each name, and what it is. */
function missing(count: string, rows: string): string {
  const lines = rows.split("\n").map((row) => `  ${row.trim()}`);
  return `missing ${count} argument${count === "1" ? "" : "s"}:\n${lines.join("\n")}`;
}

function unknownCommand(said: string, commands: readonly string[], cause: Error): SluiceError {
  const words = said.split(" ");
  const known = longestCommand(words, commands);
  if (known !== undefined) {
    const rest = words.slice(known.split(" ").length).join(" ");
    return new SluiceError("SLUICE_USAGE", `\`sluice ${known}\` takes no argument \`${rest}\``, {
      cure: `\`sluice ${known} --help\` tells what it takes.`,
      cause,
    });
  }
  const meant = nearest(said, [...commands, "help", "version"]) ?? nearestByWord(words, commands);
  return new SluiceError("SLUICE_USAGE", `there is no command \`${said}\``, {
    cure: meant === undefined ? "`sluice --help` lists the commands." : `Did you mean \`sluice ${meant}\`?`,
    cause,
  });
}

/** Arguments stand behind a command, and a topic before it: each of the first words may be the mistyped one. */
function nearestByWord(words: readonly string[], commands: readonly string[]): string | undefined {
  for (const count of [2, 1]) {
    const near = nearest(words.slice(0, count).join(" "), commands);
    if (near !== undefined) return near;
  }
  const topics = new Set(commands.filter((name) => name.includes(" ")).map((name) => name.split(" ")[0] ?? name));
  const topic = nearest(words[0] ?? "", topics);
  return topic === undefined ? undefined : nearest([topic, ...words.slice(1)].join(" "), commands);
}

function longestCommand(words: readonly string[], commands: readonly string[]): string | undefined {
  return [words.slice(0, 2).join(" "), words[0] ?? ""].find((name) => commands.includes(name));
}

function unknownFlags(
  flags: readonly string[],
  error: OclifError,
  command: string | undefined,
  help: string,
): SluiceError {
  const known = Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`);
  const meant = flags.flatMap((flag) => (flag.length > 2 ? (nearest(flag, known) ?? []) : []));
  const what = `${flags.length === 1 ? "flag" : "flags"} ${flags.join(", ")}`;
  return new SluiceError("SLUICE_USAGE", `\`sluice${command === undefined ? "" : ` ${command}`}\` has no ${what}`, {
    cure: meant.length === 0 ? help : `Did you mean ${meant.join(", ")}?`,
    cause: error,
  });
}
