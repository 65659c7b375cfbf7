import type { EventData } from "../../contract/event.ts";
import { cutText } from "../text/cut-text.ts";
import { isJsonObject } from "../untrusted/parse-json.ts";

/** A value that a program shows, of whatever the program said; undefined where that is none. */
export function resultOf(message: Readonly<Record<string, unknown>>): EventData["exec-result"] | undefined {
  const { data, metadata, displayId, executionCount, update } = message;
  if (!isJsonObject(data)) return undefined;
  return {
    data,
    ...(isJsonObject(metadata) ? { metadata } : {}),
    ...(typeof displayId === "string" ? { displayId: cutText(displayId, 200) } : {}),
    ...(update === true ? { update } : {}),
    ...(Number.isInteger(executionCount) ? { executionCount: Number(executionCount) } : {}),
  };
}
