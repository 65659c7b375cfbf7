/** The reference of the command line, made of what `--help` shows. */
interface Flag {
  readonly name: string;
  readonly char?: string;
  readonly type: string;
  readonly description?: string;
  readonly helpValue?: string;
  readonly options?: readonly string[];
  readonly allowNo?: boolean;
  readonly default?: unknown;
}

interface Command {
  readonly id: string;
  readonly description?: string;
  readonly hidden?: boolean;
  readonly examples?: readonly (string | { readonly command: string })[];
  readonly args: Readonly<
    Record<string, { readonly name: string; readonly description?: string; readonly required?: boolean }>
  >;
  readonly flags: Readonly<Record<string, Flag>>;
}

/** `manifest` is the text of `oclif.manifest.json`. */
export function commandsPage(manifest: string): string {
  const { commands } = JSON.parse(manifest) as { commands: Record<string, Command> };
  const shown = Object.values(commands).filter(({ hidden }) => !hidden);
  const parts = shown.sort((a, b) => (a.id < b.id ? -1 : 1)).map(partOf);
  return `# Commands\n\nWhat \`sluice COMMAND --help\` shows, on one page.\n\n${parts.join("\n")}`;
}

function partOf({ id, description = "", examples = [], args, flags }: Command): string {
  const given = Object.values(args).map(({ name, required }) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  const rows = [
    ...Object.values(args).map((arg) => [arg.name.toUpperCase(), arg.description ?? ""]),
    ...Object.values(flags).map((flag) => [formOf(flag), flag.description ?? ""]),
  ];
  const table = rows.map(([name, about]) => `| \`${name?.replaceAll("|", "\\|")}\` | ${cell(about ?? "")} |`);
  const shown = examples.map((each) =>
    (typeof each === "string" ? each : each.command).replaceAll(/<%= ?config\.bin ?%>/g, "sluice"),
  );
  return [
    `## sluice ${["", ...given].length > 1 ? `${id.replaceAll(":", " ")} ${given.join(" ")}` : id.replaceAll(":", " ")}`,
    "",
    description,
    "",
    ...(table.length > 0 ? ["| | |", "|---|---|", ...table, ""] : []),
    ...(shown.length > 0 ? ["```sh", ...shown, "```", ""] : []),
  ].join("\n");
}

function formOf({ name, char, type, helpValue, options, allowNo }: Flag): string {
  const names = `${char === undefined ? "" : `-${char}, `}--${name}`;
  if (type === "option") return `${names} ${helpValue ?? options?.join(" or ") ?? name.toUpperCase()}`;
  return allowNo ? `${names}, --no-${name}` : names;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
