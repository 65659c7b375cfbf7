import type { CodeBlock } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import { eventBounds, isJsonObject, parseJsonObject } from "../kit/untrusted/index.ts";

type Json = Readonly<Record<string, unknown>>;

/** A cell of a notebook. */
export interface NotebookCell extends CodeBlock {
  /** Whether the cells after it run even where it fails. */
  readonly mayFail?: boolean;
}

/** The code cells of a notebook in their order; empty ones and those that are tagged to be skipped are left out. */
export function cellsOf(text: string): readonly NotebookCell[] {
  const notebook = parse(text);
  const language = languageOf(notebook);
  // Before version 4 the cells were in worksheets, and their source was called input.
  const sheets = listOf(notebook["worksheets"]).flatMap((sheet) => listOf(sheet["cells"]));
  return [...listOf(notebook["cells"]), ...sheets]
    .filter((cell) => cell["cell_type"] === "code" && !tagsOf(cell).includes("skip-execution"))
    .map((cell) => ({
      language,
      code: sourceOf(cell["source"] ?? cell["input"]),
      ...(tagsOf(cell).includes("raises-exception") ? { mayFail: true } : {}),
    }))
    .filter(({ code }) => code.trim() !== "");
}

function parse(text: string): Json {
  const json = withoutNan(text);
  const notebook = parseJsonObject(json, { ...eventBounds, from: "the notebook's file", code: "SLUICE_USAGE" });
  if (Array.isArray(notebook["cells"]) || Array.isArray(notebook["worksheets"])) return notebook;
  throw new SluiceError("SLUICE_USAGE", "the code is not a notebook: it has no cells", {
    cure: "Give the text of an .ipynb file, or name another language.",
  });
}

/** Python writes `NaN` and `Infinity` into outputs, which are no JSON, and which nobody reads here. */
function withoutNan(text: string): string {
  let inString = false;
  return text.replace(/\\.|"|-?\b(?:NaN|Infinity)\b/g, (found) => {
    if (found === '"') inString = !inString;
    return inString || /^["\\]/.test(found) ? found : "null";
  });
}

function languageOf({ metadata }: Json): string {
  const { kernelspec, language_info: info } = isJsonObject(metadata) ? metadata : {};
  const told = [
    isJsonObject(info) ? info["name"] : undefined,
    isJsonObject(kernelspec) ? kernelspec["language"] : undefined,
  ];
  return told.find((name) => typeof name === "string") ?? "python";
}

function sourceOf(source: unknown): string {
  if (Array.isArray(source)) return source.map(String).join("");
  return typeof source === "string" ? source : "";
}

function tagsOf({ metadata }: Json): readonly unknown[] {
  const tags = isJsonObject(metadata) ? metadata["tags"] : undefined;
  return Array.isArray(tags) ? tags : [];
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
