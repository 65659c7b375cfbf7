import DOMPurify from "dompurify";
import { useMemo } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { t } from "../lib/i18n.ts";

/**
 * HTML that a program showed. Nothing of it can run, for three reasons that do not need each other. It is sanitised. Its
 * frame is a sandbox without scripts and of no origin. Its policy loads nothing but pictures that are written in it.
 */
export function HtmlFrame({ html }: { readonly html: string }) {
  const page = useMemo(() => framed(html), [html]);
  return <iframe className="html-frame" title={t("HTML that the program showed")} sandbox="" srcDoc={page} />;
}

/** Styles pass by the number that the host gave the page; a frame inherits the policy around it. */
function framed(html: string): string {
  const nonce = nonceOfPage();
  const body = DOMPurify.sanitize(cutText(html, 2_000_000), {
    WHOLE_DOCUMENT: true,
    RETURN_DOM: true,
    FORBID_TAGS: ["form", "input", "button", "textarea", "select", "base", "meta", "link", "iframe", "frame"],
    FORBID_ATTR: ["srcset", "ping", "background"],
  });
  const rules: string[] = [];
  for (const [index, element] of [...body.querySelectorAll("[style]")].entries()) {
    // A style attribute has no nonce, so it becomes a rule of its own; as text of one declaration it cannot end it.
    const { style } = document.createElement("i");
    style.cssText = element.getAttribute("style") ?? "";
    const { cssText } = style;
    element.removeAttribute("style");
    element.setAttribute("data-styled", String(index));
    if (cssText !== "") rules.push(`[data-styled="${index}"]{${cssText}}`);
  }
  for (const style of body.querySelectorAll("style")) {
    rules.push(style.textContent ?? "");
    style.remove();
  }
  for (const link of body.querySelectorAll("a[href]")) link.removeAttribute("href");
  // A run that was exported as a page has no policy around it, and no number.
  const styles = nonce === "" ? "'unsafe-inline'" : `'nonce-${nonce}'`;
  const policy = `default-src 'none'; img-src data:; style-src ${styles}`;
  const css = `:root{color-scheme:light;font:14px/1.5 system-ui,sans-serif}table{border-collapse:collapse}td,th{padding:3px 9px}
${rules.join("\n").replaceAll("</", "<\\/")}`;
  const inner = body.querySelector("body")?.innerHTML ?? "";
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="content-security-policy" content="${policy}">
<style nonce="${nonce}">${css}</style><body>${inner}</body>`;
}

/** With what the page's policy lets styles in; empty in a run that was exported as a page. */
export function nonceOfPage(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content.replace(/[^\w+/=-]/g, "") ?? "";
}
