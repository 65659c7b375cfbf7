import type { JsonSchema } from "../core/contract/json-schema.ts";

const begin = "<!-- options -->";
const end = "<!-- /options -->";
/** Characters up to which a default is shown. */
const longestDefault = 60;

type Row = readonly [option: string, type: string, fallback: string, meaning: string];

/** The page with the table of options between its marks; undefined for a page without marks. */
export function withOptions(page: string, config: JsonSchema): string | undefined {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) return undefined;
  return `${page.slice(0, from + begin.length)}\n${table(rowsOf(config, ""))}${page.slice(to)}`;
}

/** Options in the order of the manifest, those inside others after them. */
function rowsOf(schema: JsonSchema, prefix: string): readonly Row[] {
  const required = new Set((schema["required"] as readonly string[] | undefined) ?? []);
  return Object.entries((schema["properties"] as Record<string, JsonSchema> | undefined) ?? {}).flatMap(
    ([name, option]): readonly Row[] => {
      const manner = `${option["x-reload"] === "live" ? " Live." : ""}${option["x-run"] === true ? " A run may set it." : ""}`;
      const meaning = `${option["description"] ?? ""}${manner}`;
      const path = `${prefix}${name}`;
      return [
        [`\`${path}\``, typeOf(option), fallbackOf(option, required.has(name)), meaning.replaceAll("|", "\\|")],
        ...insideOf(option, path),
      ];
    },
  );
}

function insideOf(option: JsonSchema, path: string): readonly Row[] {
  const items = option["items"] as JsonSchema | undefined;
  return items === undefined
    ? formsOf(option).flatMap((form) => rowsOf(form, `${path}.`))
    : formsOf(items).flatMap((form) => rowsOf(form, `${path}[].`));
}

function formsOf(schema: JsonSchema): readonly JsonSchema[] {
  return ((schema["anyOf"] ?? schema["oneOf"]) as readonly JsonSchema[] | undefined) ?? [schema];
}

function typeOf(option: JsonSchema): string {
  const forms = formsOf(option).map((form) => {
    if (form["x-unit"] !== undefined) return String(form["x-unit"]);
    if (form["x-ref"] !== undefined) return `id of a ${form["x-ref"]}`;
    if (form["enum"] !== undefined) return (form["enum"] as readonly unknown[]).map((each) => `\`${each}\``).join(", ");
    if (form["const"] !== undefined) return `\`${form["const"]}\``;
    return [form["type"] ?? "any"].flat().join(", ");
  });
  return `${forms.join(", ")}${option["x-secret"] === true ? ", secret" : ""}`;
}

function fallbackOf(option: JsonSchema, required: boolean): string {
  const fallback = option["default"];
  // What an object falls back to is told by its parts.
  if (fallback === undefined || (option["properties"] !== undefined && JSON.stringify(fallback) === "{}")) {
    return required && fallback === undefined ? "required" : "";
  }
  const text = JSON.stringify(fallback);
  return text.length > longestDefault ? "in `plugin.json`" : `\`${text}\``;
}

function table(rows: readonly Row[]): string {
  if (rows.length === 0) return "It has none.\n";
  const head: Row = ["option", "type", "default", "meaning"];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |\n`;
  return [line(head), line(["", "", "", ""], "-"), ...rows.map((row) => line(row))].join("");
}
