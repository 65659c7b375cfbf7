import type { Command } from "@oclif/core";

/**
 * A script of bash's `complete` for all commands, their flags, and the values of flags that list them. Files are
 * completed where nothing else is known. It needs nothing but bash, and zsh runs it too.
 */
export function bashCompletion(bin: string, commands: readonly Command.Loadable[]): string {
  const shown = commands.filter(({ hidden }) => !hidden);
  const followers = new Map<string, Set<string>>();
  for (const { id } of shown) {
    const words = id.split(":");
    words.forEach((word, index) => {
      const before = words.slice(0, index).join(" ");
      followers.set(before, (followers.get(before) ?? new Set()).add(word));
    });
  }
  const flags = shown.map(({ id, flags }) => branch(id.replaceAll(":", " "), Object.values(flags).flatMap(written)));
  const values = shown.flatMap(({ id, flags }) =>
    Object.values(flags).flatMap((flag) =>
      flag.type === "option" && flag.options !== undefined
        ? written(flag).map((name) => branch(`${id.replaceAll(":", " ")} ${name}`, flag.options ?? []))
        : [],
    ),
  );
  const name = `_${bin}`;
  return [
    `${name}_words() { case "$1" in`,
    ...[...followers].map(([before, words]) => branch(before, [...words].sort())),
    "esac; }",
    `${name}_flags() { case "$1" in`,
    ...flags,
    "esac; }",
    `${name}_values() { case "$1" in`,
    ...values,
    "esac; }",
    `${name}() {`,
    `  local word="\${COMP_WORDS[COMP_CWORD]}" path="" step next`,
    `  for step in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    `    next="\${path:+$path }$step"`,
    `    case " $(${name}_words "$path") " in *" $step "*) path="$next" ;; *) break ;; esac`,
    "  done",
    `  local offered="$(${name}_values "$path \${COMP_WORDS[COMP_CWORD-1]}")"`,
    `  if [ -z "$offered" ]; then`,
    `    case "$word" in -*) offered="$(${name}_flags "$path")" ;; *) offered="$(${name}_words "$path")" ;; esac`,
    "  fi",
    `  COMPREPLY=($(compgen -W "$offered" -- "$word"))`,
    "}",
    `complete -o default -F ${name} ${bin}`,
    "",
  ].join("\n");
}

/** zsh reads bash's script by its own module for that. */
export function zshCompletion(bin: string, commands: readonly Command.Loadable[]): string {
  return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashCompletion(bin, commands)}`;
}

function written(flag: Command.Flag.Cached): string[] {
  const negated = flag.type === "boolean" && flag.allowNo ? [`--no-${flag.name}`] : [];
  return [`--${flag.name}`, ...negated, ...(flag.char === undefined ? [] : [`-${flag.char}`])];
}

/** In single quotes bash reads nothing; names of commands, flags and values have no quote. */
function branch(when: string, words: readonly string[]): string {
  return `  '${when}') echo '${words.join(" ").replaceAll("'", "")}' ;;`;
}
