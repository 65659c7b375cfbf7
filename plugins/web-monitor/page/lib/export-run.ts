import {
  markdownBlocks,
  markdownWords,
  type OutputPiece,
  outputText,
  validParts,
  type WholeProgram,
} from "../../../../core/kit/transcript/index.ts";
import { AnsiReader } from "./ansi.ts";
import type { Bundle } from "./run-model.ts";

/** How cells of a notebook for Python say that they are of another language. */
const magics: Readonly<Record<string, string>> = { bash: "%%bash", sh: "%%bash", javascript: "%%script node" };

/** The run as a Jupyter notebook, format 4.5: what was said, what ran, and its output. */
export function notebookOf(bundle: Bundle): string {
  let count = 0;
  const cells = validParts(bundle.events).flatMap((part): object[] => {
    const id = `part-${part.seq}`;
    if (part.kind === "program") {
      count += 1;
      const { language, code } = part.start;
      const magic = magics[language];
      const source = linesOf(magic === undefined ? code : `${magic}\n${code}`);
      const outputs = [...outputsOf(part.record.pieces), ...errorOf(part)];
      return [{ cell_type: "code", id, execution_count: count, metadata: {}, source, outputs }];
    }
    const text = markdownWords(part);
    return text === "" ? [] : [{ cell_type: "markdown", id, metadata: {}, source: linesOf(text) }];
  });
  const kernelspec = { name: "python3", language: "python", display_name: "Python 3" };
  const metadata = { kernelspec, language_info: { name: "python" }, sluicebox: { run: bundle.run.run } };
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

/** Neighbours of one stream are one output, as Jupyter keeps them. */
function outputsOf(pieces: readonly OutputPiece[]): object[] {
  const outputs: ({ output_type: "stream"; name: string; text: string } | object)[] = [];
  let stream: { output_type: "stream"; name: string; text: string } | undefined;
  for (const piece of pieces) {
    if (piece.kind === "value") {
      stream = undefined;
      outputs.push({ output_type: "display_data", data: piece.value.data, metadata: piece.value.metadata ?? {} });
    } else if (stream?.name === piece.kind) stream.text += outputText(piece.data);
    else {
      stream = { output_type: "stream", name: piece.kind, text: outputText(piece.data) };
      outputs.push(stream);
    }
  }
  return outputs;
}

function errorOf({ end }: WholeProgram): object[] {
  if (end?.error === undefined) return [];
  return [{ output_type: "error", ename: end.error.name, evalue: end.error.message, traceback: [] }];
}

/** The run as Markdown, pictures included. */
export function markdownOf(bundle: Bundle): string {
  const { run, flow, status, started } = bundle.run;
  const head = `# ${run}\n\n${flow} · ${status} · ${started}`;
  return `${[head, ...markdownBlocks(bundle.events, plain)].join("\n\n")}\n`;
}

/** As a terminal shows it, without colours. */
function plain(text: string): string {
  const reader = new AnsiReader();
  reader.write(text);
  return reader.lines.map((line) => line.map((span) => span.text).join("")).join("\n");
}

/** Lines with their ends, as the format has them. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
