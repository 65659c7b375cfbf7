import type { JsonSchema } from "../../core/contract/index.ts";

/** Name, default and description of every option in a plugin's schema; `a.b` for those inside a map. */
export function optionRows(schema: JsonSchema, prefix = ""): string[][] {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = new Set((schema["required"] ?? []) as string[]);
  return Object.entries(properties).flatMap(([name, option]) => [
    [prefix + name, required.has(name) ? "(required)" : defaultOf(option), describe(option)],
    ...optionRows(option, `${prefix}${name}.`),
  ]);
}

function defaultOf(option: JsonSchema): string {
  const value = option["default"];
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function describe(option: JsonSchema): string {
  const values = option["enum"] as readonly unknown[] | undefined;
  return [
    String(option["description"] ?? ""),
    values === undefined ? "" : `One of ${values.join(", ")}.`,
    option["x-reload"] === "live" ? "Can be changed while the host runs." : "",
  ]
    .filter(Boolean)
    .join(" ");
}
