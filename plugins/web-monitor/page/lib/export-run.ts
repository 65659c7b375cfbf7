import {
  type OutputPiece,
  outputText,
  type Part,
  Transcript,
  type WholeRecord,
} from "../../../../core/kit/transcript/index.ts";
import { AnsiReader } from "./ansi.ts";
import type { Bundle } from "./run-model.ts";

type WholePart = Part<WholeRecord>;
type WholeProgram = Extract<WholePart, { kind: "program" }>;

/** What is valid of a run, in order. Code that a model wrote and that then ran stands once, as what ran. */
function partsOf({ events }: Bundle): readonly WholePart[] {
  const transcript = new Transcript();
  for (const event of events) transcript.push(event);
  const { parts } = transcript;
  const ran = new Set(parts.flatMap((part) => (part.kind === "program" ? [part.start.code.trim()] : [])));
  return parts.filter((part) => !part.void && !(part.kind === "code" && ran.has(part.text.trim())));
}

/** How cells of a notebook for Python say that they are of another language. */
const magics: Readonly<Record<string, string>> = { bash: "%%bash", sh: "%%bash", javascript: "%%script node" };

/** The run as a Jupyter notebook, format 4.5: what was said, what ran, and its output. */
export function notebookOf(bundle: Bundle): string {
  let count = 0;
  const cells = partsOf(bundle).flatMap((part): object[] => {
    const id = `part-${part.seq}`;
    if (part.kind === "program") {
      count += 1;
      const { language, code } = part.start;
      const magic = magics[language];
      const source = linesOf(magic === undefined ? code : `${magic}\n${code}`);
      const outputs = [...outputsOf(part.record.pieces), ...errorOf(part)];
      return [{ cell_type: "code", id, execution_count: count, metadata: {}, source, outputs }];
    }
    const text = wordsOf(part);
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
  const blocks = partsOf(bundle).flatMap((part) => {
    const text = part.kind === "program" ? programOf(part) : wordsOf(part);
    return text === "" ? [] : [text];
  });
  return `${[head, ...blocks].join("\n\n")}\n`;
}

function programOf({ start, record, end }: WholeProgram): string {
  const blocks = [fenced(start.code, start.language)];
  let printed = "";
  const flush = () => {
    if (printed.trim() !== "") blocks.push(fenced(plain(printed), "text"));
    printed = "";
  };
  for (const piece of record.pieces) {
    if (piece.kind === "value") {
      flush();
      blocks.push(shownValue(piece.value.data));
    } else printed += outputText(piece.data);
  }
  flush();
  if (end?.error !== undefined) blocks.push(`**${end.error.name}**: ${inline(end.error.message)}`);
  return blocks.filter((block) => block !== "").join("\n\n");
}

const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];

function shownValue(data: Readonly<Record<string, unknown>>): string {
  const mime = pictures.find((each) => typeof data[each] === "string");
  if (mime !== undefined) return `![${mime}](data:${mime};base64,${String(data[mime]).replace(/\s/g, "")})`;
  const markdown = data["text/markdown"];
  if (typeof markdown === "string") return markdown;
  const text = data["text/plain"];
  return fenced(typeof text === "string" ? text : JSON.stringify(data, null, 2), "text");
}

/** What a part says in words; nothing for what only tells of the order of things. */
function wordsOf(part: WholePart): string {
  switch (part.kind) {
    case "text":
      return part.text.trim();
    case "reasoning":
      return part.text
        .trim()
        .split("\n")
        .map((line) => `> ${line}`)
        .join("\n");
    case "code":
      return fenced(part.text, part.language);
    case "note":
      return noteOf(part.event);
    default:
      return "";
  }
}

function noteOf(event: Extract<WholePart, { kind: "note" }>["event"]): string {
  switch (event.type) {
    case "run-start": {
      const { text, code } = event.data.input;
      // A program that was given is told where it runs.
      return code === undefined ? `## ${inline(text ?? "")}` : "";
    }
    case "error":
      return `**${event.data.code}**: ${inline(event.data.message)}`;
    case "exec-file":
      return `*${inline(event.data.path)}*`;
    case "input-response":
      return event.data.text === null ? "" : fenced(event.data.text, "text");
    default:
      return "";
  }
}

/** A fence that is longer than any within. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** Text in which nothing is Markdown. */
function inline(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, "\\$&").replace(/\s*\n\s*/g, " ");
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
