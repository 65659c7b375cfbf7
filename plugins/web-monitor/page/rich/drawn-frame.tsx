import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import type { FrameSaid } from "../frames/frame.ts";
import { language, t } from "../lib/i18n.ts";
import { basePath } from "../lib/router.ts";
import { nonceOfPage } from "./html-frame.tsx";
import { useCameIntoView } from "./in-view.ts";
import { takeTurn } from "./turns.ts";

/** Milliseconds until a frame that says nothing is given up, and pixels that one may be high. */
const patience = 60_000;
const highest = 2_000;

interface DrawnFrameProps {
  readonly kind: "plotly" | "vega" | "pdf";
  readonly data: unknown;
  readonly title: string;
  /** What stands in its place where it cannot be drawn. */
  readonly fallback: ReactNode;
}

type Drawing = { readonly height: number } | { readonly failure: string };

/**
 * What a library draws by scripts, in a frame that has no origin and no network. It is given data and never code; its
 * policy lets in the one script of the library, and nothing that is fetched.
 */
export function DrawnFrame({ kind, data, title, fallback }: DrawnFrameProps) {
  const frame = useRef<HTMLIFrameElement>(null);
  const { source, drawing } = useDrawing(frame, kind, title, data);
  if (drawing !== undefined && "failure" in drawing) {
    return (
      <>
        {fallback}
        <p className="muted">{t("It could not be drawn: {why}", { why: drawing.failure })}</p>
      </>
    );
  }
  return (
    <iframe
      ref={frame}
      className={`drawn-frame drawn-${kind}`}
      title={title}
      sandbox="allow-scripts"
      srcDoc={source ?? ""}
      height={kind === "pdf" ? 640 : (drawing?.height ?? 200)}
      aria-busy={drawing === undefined}
    />
  );
}

/** Loads the library when the frame comes near to what is seen, and few at a time; then gives it the data. */
function useDrawing(frame: RefObject<HTMLIFrameElement | null>, kind: string, title: string, data: unknown) {
  const [source, setSource] = useState<string>();
  const [drawing, setDrawing] = useState<Drawing>();
  const isNear = useCameIntoView(frame);
  useEffect(() => {
    if (!isNear) return;
    const over = new AbortController();
    const { signal } = over;
    let end = () => {};
    const settle = (drawn: Drawing) => {
      end();
      if (!signal.aborted) setDrawing(drawn);
    };
    const hear = ({ source: from, data: said }: MessageEvent<FrameSaid>) => {
      if (from === null || from !== frame.current?.contentWindow) return;
      if (said.kind === "ready") frame.current.contentWindow?.postMessage(data, "*");
      if (said.kind === "drawn") settle({ height: Math.min(highest, Math.max(80, Number(said.height) || 0)) });
      if (said.kind === "failed") settle({ failure: String(said.message).slice(0, 500) });
    };
    const load = async () => {
      const endTurn = await takeTurn(signal);
      const timer = setTimeout(() => settle({ failure: t("it took too long") }), patience);
      end = () => {
        clearTimeout(timer);
        endTurn();
      };
      if (signal.aborted) return end();
      setSource(await pageOf(kind, title));
    };
    window.addEventListener("message", hear);
    load().catch(() => settle({ failure: t("the host does not answer") }));
    return () => {
      over.abort();
      end();
      window.removeEventListener("message", hear);
    };
  }, [isNear, frame, kind, title, data]);
  return { source, drawing };
}

/** Whether there is a host whose libraries draw; a run that was exported as a page has none. */
export function canDraw(): boolean {
  return document.querySelector('meta[name="base"]') !== null;
}

/** @throws Error where no host answers */
async function pageOf(kind: string, title: string): Promise<string> {
  const script = new URL(`${basePath}/frames/${kind}/frame.js`, location.href).href;
  const nonce = nonceOfPage();
  const key = await frameKey();
  const policy = `default-src 'none'; script-src ${script}; style-src 'nonce-${nonce}'; img-src data: blob:; font-src data:`;
  const name = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html><html lang="${language.get()}"><meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}"><title>${name}</title>
<style nonce="${nonce}">:root{color-scheme:light;font:14px/1.5 system-ui,sans-serif}body{margin:4px}canvas{max-width:100%}</style>
<body><script src="${script}?key=${key}"></script></body>`;
}

/** The host gives libraries to whoever has read the page, and to no other site; another process has another key. */
async function frameKey(): Promise<string> {
  const page = await (await fetch(`${basePath}/`, { credentials: "omit" })).text();
  return /<meta name="frame-key" content="([\w-]+)"/.exec(page)?.[1] ?? "";
}
