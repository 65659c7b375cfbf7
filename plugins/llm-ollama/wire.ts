import { parseJsonObject } from "../../core/kit/index.ts";

/** One line of an answer of `/api/pull`. */
export interface PullLine {
  readonly status?: string;
  readonly total?: number;
  readonly completed?: number;
  readonly error?: string;
}

/** Lines of JSON out of a body, however it is cut. The last one may lack its line break. */
export async function* readLines<Line>(body: ReadableStream<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parse(line) as Line;
  }
  rest += decoder.decode();
  if (rest.trim() !== "") yield parse(rest) as Line;
}

function parse(line: string): object {
  return parseJsonObject(line, { from: "the provider", code: "SLUICE_MODEL_MALFORMED" });
}
