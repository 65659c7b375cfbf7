import { isMap, isScalar } from "yaml";
import type { ProfileOutline } from "../../contract/operation.ts";
import { documentOf } from "../read/client-text.ts";
import { linesOf } from "../read/source.ts";

/** What a profile's text says for each instance, as written: nothing is interpolated. Empty while it is no YAML. */
export function profileOutline(text: string): ProfileOutline {
  const plugins = documentOf(text)?.get("plugins");
  if (!isMap(plugins)) return {};
  const lines = linesOf(text);
  return Object.fromEntries(
    plugins.items.flatMap(({ key, value }) => {
      if (!isScalar(key) || !key.range) return [];
      const { line } = lines.linePos(key.range[0]);
      const use = isMap(value) ? value.get("use") : undefined;
      const options = isMap(value) ? value.get("with") : undefined;
      return [
        [
          String(key.value),
          {
            line,
            ...(typeof use === "string" ? { use } : {}),
            options: isMap(options) ? (options.toJSON() as Record<string, unknown>) : {},
          },
        ],
      ];
    }),
  );
}
