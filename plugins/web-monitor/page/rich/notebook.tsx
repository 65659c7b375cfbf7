import { eventBounds, parseJson } from "../../../../core/client/index.ts";
import { t } from "../lib/i18n.ts";
import { CodeBox } from "./code-box.tsx";
import { Markdown } from "./markdown.tsx";
import { MimeResult } from "./mime-result.tsx";

/** Cells drawn. */
const most = 200;

interface Output {
  readonly output_type?: unknown;
  readonly text?: unknown;
  readonly data?: unknown;
  readonly ename?: unknown;
  readonly evalue?: unknown;
}

interface Cell {
  readonly cell_type?: unknown;
  readonly source?: unknown;
  readonly outputs?: unknown;
}

export interface Notebook {
  readonly language: string;
  readonly cells: readonly Cell[];
}

/** Undefined for what is no notebook of format 4. */
export function notebookIn(text: string): Notebook | undefined {
  try {
    const value = parseJson(text, eventBounds) as {
      cells?: unknown;
      nbformat?: unknown;
      metadata?: { language_info?: { name?: unknown } };
    };
    if (value?.nbformat !== 4 || !Array.isArray(value.cells)) return undefined;
    const cells = value.cells.filter((cell) => typeof cell === "object" && cell !== null);
    return { language: String(value.metadata?.language_info?.name ?? "python"), cells };
  } catch {
    return undefined;
  }
}

/** A notebook with the output that was saved in it. Nothing of it runs. */
export function NotebookView({ notebook: { cells, language } }: { readonly notebook: Notebook }) {
  return (
    <div className="stack notebook">
      {cells.slice(0, most).map((cell, index) => (
        <section key={index}>
          {cell.cell_type === "code" ? <CodeBox language={language} text={joined(cell.source)} /> : null}
          {cell.cell_type === "markdown" ? <Markdown text={joined(cell.source)} /> : null}
          {cell.cell_type === "raw" ? <pre className="block wrapped">{joined(cell.source)}</pre> : null}
          {Array.isArray(cell.outputs) ? cell.outputs.map((output, at) => <Shown key={at} output={output} />) : null}
        </section>
      ))}
      {cells.length > most ? (
        <p className="muted">{t("{n|# more cell is|# more cells are} not drawn", { n: cells.length - most })}</p>
      ) : null}
    </div>
  );
}

function Shown({ output }: { readonly output: Output | null }) {
  if (output?.output_type === "stream") return <pre className="block wrapped">{joined(output.text)}</pre>;
  if (output?.output_type === "error") {
    return (
      <p className="tone-bad">
        {String(output.ename)}: {String(output.evalue)}
      </p>
    );
  }
  if (typeof output?.data !== "object" || output.data === null) return null;
  const data = Object.entries(output.data).map(([mime, value]) => [mime, Array.isArray(value) ? joined(value) : value]);
  return <MimeResult data={Object.fromEntries(data)} />;
}

/** A notebook keeps a text as its lines. */
function joined(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join("") : typeof value === "string" ? value : "";
}
