import { cutText } from "../../core/kit/index.ts";

/** Characters of one text that are sent unasked. */
const longest = 16 * 1024;

/** A copy with long texts cut, or the value itself where none is. */
export function cutTexts<Value>(value: Value): { readonly value: Value; readonly cut: boolean } {
  if (typeof value === "string") {
    if (value.length <= longest) return { value, cut: false };
    return { value: cutText(value, longest) as Value, cut: true };
  }
  if (typeof value !== "object" || value === null) return { value, cut: false };
  let cut = false;
  const entries = Object.entries(value).map(([key, inner]) => {
    const part = cutTexts(inner);
    cut ||= part.cut;
    return [key, part.value] as const;
  });
  if (!cut) return { value, cut };
  const copy = Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
  return { value: copy as Value, cut };
}
