import { useMemo } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { t } from "../lib/i18n.ts";
import { JsonView } from "../parts/json-view.tsx";
import { frameOf } from "./data-frame.ts";
import { DataTable } from "./data-table.tsx";
import { canDraw, DrawnFrame } from "./drawn-frame.tsx";
import { Formula } from "./formula.tsx";
import { HtmlFrame } from "./html-frame.tsx";
import { Markdown } from "./markdown.tsx";
import { Picture } from "./picture.tsx";

const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];

type Data = Readonly<Record<string, unknown>>;

/** A value that a program showed, in the richest form that the page can draw. */
export function MimeResult({ data }: { readonly data: Data }) {
  const drawing = useMemo(() => drawingOf(data), [data]);
  if (drawing === undefined || !canDraw()) return <Still data={data} />;
  const title = textOf(data, "text/plain") ?? t("A chart the program made");
  return <DrawnFrame {...drawing} title={cutText(title, 200)} fallback={<Still data={data} />} />;
}

/** What is drawn by scripts, and by which library. */
function drawingOf(data: Data): { readonly kind: "plotly" | "vega"; readonly data: unknown } | undefined {
  for (const [mime, value] of Object.entries(data)) {
    if (typeof value !== "object" || value === null) continue;
    const [, kind] = /^application\/vnd\.(plotly|vega|vegalite)\.v[\d.]+\+json$/.exec(mime) ?? [];
    if (kind === "plotly") return { kind, data: value };
    if (kind !== undefined) return { kind: "vega", data: { spec: value, isLite: kind === "vegalite" } };
  }
  return undefined;
}

/** What needs no script. */
function Still({ data }: { readonly data: Data }) {
  const plain = textOf(data, "text/plain");
  const picture = pictureOf(data);
  if (picture !== undefined) return <Picture src={picture} alt={plain ?? t("A picture the program made")} />;
  const html = textOf(data, "text/html");
  if (html !== undefined) {
    const frame = frameOf(html);
    return frame === undefined ? <HtmlFrame html={html} /> : <DataTable frame={frame} />;
  }
  const formula = textOf(data, "text/latex");
  if (formula !== undefined) return <Formula text={formula} />;
  const markdown = textOf(data, "text/markdown");
  if (markdown !== undefined) return <Markdown text={markdown} />;
  if (data["application/json"] !== undefined) return <JsonView value={data["application/json"]} />;
  return plain === undefined ? (
    <JsonView value={data} />
  ) : (
    <pre className="block wrapped">{cutText(plain, 200_000)}</pre>
  );
}

function textOf(data: Data, mime: string): string | undefined {
  const value = data[mime];
  return typeof value === "string" ? value : undefined;
}

/** Where a picture is read from. As a picture an SVG runs no script and loads nothing. */
function pictureOf(data: Data): string | undefined {
  const drawing = textOf(data, "image/svg+xml");
  const mime = pictures.find((each) => textOf(data, each) !== undefined);
  if (mime !== undefined) return `data:${mime};base64,${textOf(data, mime)?.replace(/\s/g, "")}`;
  return drawing === undefined ? undefined : `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing)}`;
}
