import type { Command } from "@oclif/core";

/**
 * A script of fish's `complete` for all commands and their flags. A command is offered where no other was typed, a flag
 * behind its command. See the manual of fish, "complete".
 */
export function fishCompletion(bin: string, commands: readonly Command.Loadable[]): string {
  const shown = commands.filter(({ hidden }) => !hidden).map((command) => ({ command, words: command.id.split(":") }));
  const topics = new Set(shown.flatMap(({ words }) => (words.length > 1 ? [words[0] ?? ""] : [])));
  const firsts = new Set([
    ...topics,
    ...shown.filter(({ words }) => words.length === 1).map(({ words }) => words[0] ?? ""),
  ]);
  const none = `not __fish_seen_subcommand_from ${[...firsts].sort().join(" ")}`;
  const lines = [`complete -c ${bin} -f`];
  for (const topic of topics) lines.push(line(bin, none, `-a ${topic}`));
  for (const { command, words } of shown) {
    const [first = "", second] = words;
    const about = describe(command.summary ?? command.description);
    const before = second === undefined ? none : `__fish_seen_subcommand_from ${first}`;
    lines.push(line(bin, before, `-a ${second ?? first}${about}`));
    const within = words.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    for (const [name, flag] of Object.entries(command.flags)) {
      const short = flag.char === undefined ? "" : ` -s ${flag.char}`;
      const takes = flag.type !== "option" ? "" : flag.options === undefined ? " -r" : " -x";
      const options =
        flag.type === "option" && flag.options !== undefined ? ` -a ${quoted(flag.options.join(" "))}` : "";
      lines.push(line(bin, within, `-l ${name}${short}${takes}${options}${describe(flag.description)}`));
    }
    if (Object.keys(command.args).some((name) => name === "file")) lines.push(line(bin, within, "-F"));
  }
  return `${lines.join("\n")}\n`;
}

function line(bin: string, condition: string, rest: string): string {
  return `complete -c ${bin} -n ${quoted(condition)} ${rest}`;
}

/** The first line, without the templates of oclif. */
function describe(text: string | undefined): string {
  const [first = ""] = (text ?? "").split("\n");
  return first === "" ? "" : ` -d ${quoted(first.replaceAll(/<%=.*?%>/g, "").trim())}`;
}

/** In single quotes fish reads a backslash before a quote or a backslash, and nothing else. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
