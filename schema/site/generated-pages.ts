/** Pages that are made of profiles, schemas and reports of what is exported. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One page for each profile that comes along: what its head says, and all of it. */
export function profilesOf(root: string): { readonly name: string; readonly text: string }[] {
  const files = readdirSync(join(root, "profiles")).filter((name) => name.endsWith(".yaml"));
  return files.sort().map((file) => {
    const name = file.replace(/\.yaml$/, "");
    const yaml = readFileSync(join(root, "profiles", file), "utf8");
    const head = /^(?:#.*\n)+/.exec(yaml)?.[0] ?? "";
    const about = head
      .split("\n")
      .map((line) => line.replace(/^# ?/, ""))
      .filter((line) => !line.startsWith("yaml-language-server:"));
    const use = [`sluice check -p ${name}`, `sluice explain -p ${name}`, `sluice up -p ${name}`];
    return {
      name,
      text: [`# Profile ${name}`, "", ...about, "", fence("sh", use.join("\n")), "", fence("yaml", yaml)].join("\n"),
    };
  });
}

interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** The keys of a profile. Options of plugins stand on the pages of the plugins. */
export function profilePage(schema: string): string {
  const { properties = {}, required = [] } = JSON.parse(schema) as Schema;
  return `# Keys of a profile\n\n${tableOf(properties, required)}\n\nOptions under \`with:\` stand on the page of each plugin.\n`;
}

/** Every type of event, with what its data has. */
export function eventsPage(root: string): string {
  const folder = join(root, "schema/events");
  const types = readdirSync(folder).filter((name) => name !== "event.json");
  const parts = types.sort().map((name) => {
    const { description, properties = {} } = JSON.parse(readFileSync(join(folder, name), "utf8")) as Schema;
    const data = properties["data"] ?? {};
    const about = data.description ?? description;
    const table = data.properties === undefined ? "" : tableOf(data.properties, data.required ?? []);
    return `## ${name.replace(/\.json$/, "")}\n\n${about === undefined ? "" : `${about}\n\n`}${table}\n`;
  });
  return `# Events\n\nEach event has \`run\`, \`seq\`, \`time\`, \`source\`, \`type\` and \`data\`. This is the data of each type.\n\n${parts.join("\n")}`;
}

/** What a published entry exports, as its committed report has it. */
export function apiPage(entry: string, report: string): string {
  const name = entry === "sluicebox" ? entry : `sluicebox/${entry}`;
  return `# ${name}\n\nWhat the entry exports.\n\n${fence("txt", report)}\n`;
}

function tableOf(properties: Readonly<Record<string, Schema>>, required: readonly string[]): string {
  const rows = Object.entries(properties).map(([key, schema]) => {
    const about = (schema.description ?? "").replaceAll("|", "\\|").replaceAll("\n", " ");
    return `| \`${key}\` | ${typeOf(schema)} | ${required.includes(key) ? "yes" : ""} | ${about} |`;
  });
  return ["| key | type | required | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function typeOf({ type, const: only, enum: allowed }: Schema): string {
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (allowed !== undefined) return allowed.map((each) => `\`${JSON.stringify(each)}\``).join(", ");
  return [type ?? "any"].flat().join(" or ");
}

function fence(language: string, text: string): string {
  return `~~~~${language}\n${text.trimEnd()}\n~~~~`;
}
