import { useEffect, useState } from "react";
import { cutText, eventBounds, parseJson } from "../../../../core/client/index.ts";
import { t } from "../lib/i18n.ts";
import { type Refusal, refusalOf } from "../lib/session.ts";
import { RefusalNote } from "../parts/basics.tsx";
import { CodeBox } from "./code-box.tsx";
import { frameOfText } from "./data-frame.ts";
import { DataTable } from "./data-table.tsx";
import { DrawnFrame } from "./drawn-frame.tsx";
import { HtmlFrame } from "./html-frame.tsx";
import { Markdown } from "./markdown.tsx";
import { NotebookView, notebookIn } from "./notebook.tsx";
import { Picture } from "./picture.tsx";

/** Bytes of a file that is shown. */
export const mostShown = 2 * 1024 * 1024;

const pictures: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};

/** A file of the workspace as what it is, with no more rights than anything that a program shows. */
export function FilePreview({ href, path }: { readonly href: string; readonly path: string }) {
  const [state, setState] = useState<{ readonly bytes?: Uint8Array; readonly refusal?: Refusal }>({});
  useEffect(() => {
    let left = false;
    const read = async () => {
      const response = await fetch(href);
      if (!response.ok) throw new Error(t("the host answered {status}", { status: response.status }));
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (!left) setState({ bytes });
    };
    read().catch((error: unknown) => !left && setState({ refusal: refusalOf(error) }));
    return () => {
      left = true;
    };
  }, [href]);
  return (
    <section className="file-preview" aria-label={t("What is in {path}", { path })}>
      {state.refusal === undefined ? null : <RefusalNote refusal={state.refusal} />}
      {state.bytes === undefined ? null : <Content path={path} bytes={state.bytes} />}
    </section>
  );
}

function Content({ path, bytes }: { readonly path: string; readonly bytes: Uint8Array }) {
  const ending = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const mime = pictures[ending];
  // As a picture an SVG runs no script and loads nothing.
  if (mime !== undefined) return <Picture src={dataUrl(mime, bytes)} alt={path} />;
  if (ending === "pdf") {
    const refused = <p className="muted">{t("It is no PDF that can be shown here.")}</p>;
    return <DrawnFrame kind="pdf" data={bytes} title={path} fallback={refused} />;
  }
  const text = textOf(bytes);
  if (text === undefined) return <p className="muted">{t("It is no text, and no picture that is shown here.")}</p>;
  if (ending === "html" || ending === "htm") return <HtmlFrame html={text} />;
  if (ending === "md") return <Markdown text={cutText(text, 200_000)} />;
  const notebook = ending === "ipynb" ? notebookIn(text) : undefined;
  if (notebook !== undefined) return <NotebookView notebook={notebook} />;
  if (ending === "json") return <CodeBox language="json" text={cutText(laidOut(text), 200_000)} />;
  const frame = ending === "csv" || ending === "tsv" ? frameOfText(text, ending === "csv" ? "," : "\t") : undefined;
  return frame === undefined ? (
    <CodeBox language={ending} text={cutText(text, 200_000)} />
  ) : (
    <DataTable frame={frame} />
  );
}

/** JSON with its lines; what is none stays as it is. */
function laidOut(text: string): string {
  try {
    return JSON.stringify(parseJson(text, eventBounds), null, 2);
  } catch {
    return text;
  }
}

function dataUrl(mime: string, bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:${mime};base64,${btoa(binary)}`;
}

/** Undefined for what is not UTF-8, or has bytes that no text has. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
