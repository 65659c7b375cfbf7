import type { JSONSchema } from "json-schema-to-typescript";

type Schema = Record<string, unknown>;

/** What a unit is once it is read: its type, and the words that say so. */
const units: Readonly<Record<string, { readonly type: string; readonly words: string }>> = {
  duration: { type: "number", words: "Milliseconds." },
  size: { type: "number", words: "Bytes." },
  address: { type: "string", words: "As `host:port`." },
  path: { type: "string", words: "Absolute." },
  origin: { type: "string", words: "As browsers write it." },
};

const nested = new Set(["items", "additionalProperties", "not"]);
const lists = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const maps = new Set(["properties", "patternProperties", "$defs"]);

/** A plugin's options as `create` receives them: units read, defaults filled in, paths absolute. */
export function received(schema: unknown): JSONSchema {
  if (typeof schema !== "object" || schema === null) return schema as JSONSchema;
  const source = schema as Schema;
  const result: Schema = {};
  for (const [key, value] of Object.entries(source)) {
    if (maps.has(key)) {
      const entries = Object.entries(value as Schema);
      result[key] = Object.fromEntries(entries.map(([name, part]) => [name, received(part)]));
    } else if (nested.has(key)) result[key] = received(value);
    else if (lists.has(key)) result[key] = (value as unknown[]).map(received);
    else if (key !== "title" && key !== "default" && key !== "pattern" && key !== "format") result[key] = value;
  }
  const unit = units[String(source["x-unit"])];
  if (unit !== undefined) {
    const types = [source["type"]].flat().map((type) => (type === "string" ? unit.type : type));
    result["type"] = types.length === 1 ? types[0] : types;
    result["description"] = [source["description"], unit.words].filter((text) => text !== undefined).join(" ");
  }
  if (source["properties"] !== undefined) {
    const properties = Object.entries(source["properties"] as Record<string, Schema>);
    const present = properties.filter(([, option]) => option["default"] !== undefined).map(([name]) => name);
    result["required"] = [...new Set([...((source["required"] as string[] | undefined) ?? []), ...present])];
    result["additionalProperties"] ??= false;
  }
  return result as JSONSchema;
}

/** `docker-sandbox` to `DockerSandboxConfig`. */
export function configTypeName(plugin: string): string {
  const words = plugin.replace(/^@[^/]*\//, "").split(/[^A-Za-z0-9]+/);
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}Config`;
}
