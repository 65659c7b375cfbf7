import { isMap, isScalar, parseDocument } from "yaml";
import type { ProfileOutline } from "../../contract/operation.ts";

/** What a profile's text says for each instance, as written: nothing is interpolated. Empty while it is no YAML. */
export function profileOutline(text: string): ProfileOutline {
  const document = parseDocument(text, { logLevel: "silent" });
  const plugins = document.errors.length > 0 ? undefined : document.get("plugins");
  if (!isMap(plugins)) return {};
  return Object.fromEntries(
    plugins.items.flatMap(({ key, value }) => {
      if (!isScalar(key) || !key.range) return [];
      const line = text.slice(0, key.range[0]).split("\n").length;
      const options = isMap(value) ? value.get("with") : undefined;
      return [
        [String(key.value), { line, options: isMap(options) ? (options.toJSON() as Record<string, unknown>) : {} }],
      ];
    }),
  );
}
