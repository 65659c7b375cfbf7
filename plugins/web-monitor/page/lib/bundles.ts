import { from, type Observable } from "rxjs";
import type { RunEvent } from "../../../../core/client/index.ts";
import { type Bundle, readBundle } from "./run-model.ts";
import { refusalOf, requestText, session } from "./session.ts";
import { Store } from "./store.ts";

export interface OpenBundle {
  readonly bundle: Bundle;
  readonly events$: Observable<RunEvent>;
}

/** The run that was opened from a file. */
export const opened = new Store<OpenBundle | undefined>(undefined);

export function openBundle(bundle: Bundle): void {
  opened.set({ bundle, events$: from(bundle.events) });
}

/** Opens the run that a link shows; whoever has the link need not sign in. */
export async function openShared(token: string): Promise<void> {
  try {
    openBundle(readBundle(await requestText("shared", { "x-sluice-share": token })));
  } catch (error) {
    session.set({ kind: "out", refusal: refusalOf(error) });
  }
}

/** As a press of a link does; the host names the file where nothing else does. */
export function download(href: string, name = ""): void {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.download = name;
  anchor.click();
}

export function save(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  download(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The run and this page in one file, which opens anywhere, without a host and without a network. */
export async function pageWith(bundle: string): Promise<string> {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.src;
  const sheets = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')].map((link) => link.href);
  const [code, ...styles] = await Promise.all([script ?? "", ...sheets].map(async (url) => (await fetch(url)).text()));
  // Fonts stay behind: the file would be ten times as large.
  const css = styles.join("\n").replace(/@font-face\s*\{[^}]*\}/g, "");
  const quiet = (text: string) => text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Sluicebox</title><style>${css.replaceAll("</style", "<\\/style")}</style></head>
<body><div id="root"></div>
<script type="application/json" id="sluice-bundle">${bundle.replaceAll("<", "\\u003c")}</script>
<script type="module">${quiet(code ?? "")}</script></body></html>`;
}
