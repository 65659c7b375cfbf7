import DOMPurify from "dompurify";
import { useEffect, useRef } from "react";
import { cutText } from "../../../../core/client/index.ts";

/**
 * A formula in LaTeX, as MathML, which browsers draw by themselves; no fonts and no styles are needed. What reads LaTeX
 * is fetched with the first formula. A run that was exported as a page has none, and shows the source.
 */
export function Formula({
  text,
  source = text,
  isInline = false,
}: {
  readonly text: string;
  /** What stands there where it cannot be drawn. */
  readonly source?: string;
  readonly isInline?: boolean;
}) {
  const place = useRef<HTMLDivElement & HTMLSpanElement>(null);
  useEffect(() => {
    let over = false;
    drawn(text, !isInline).then(
      (node) => !over && place.current?.replaceChildren(node),
      () => !over && place.current?.replaceChildren(cutText(source, 20_000)),
    );
    return () => {
      over = true;
    };
  }, [text, source, isInline]);
  return isInline ? <span ref={place} /> : <div ref={place} className="formula" />;
}

async function drawn(text: string, displayMode: boolean): Promise<Node> {
  const { default: katex } = await import("katex");
  const source = cutText(text, 20_000).replace(/^\s*(\$\$?|\\\[)|(\$\$?|\\\])\s*$/g, "");
  const html = katex.renderToString(source, {
    output: "mathml",
    displayMode,
    throwOnError: false,
    trust: false,
    maxExpand: 500,
  });
  return DOMPurify.sanitize(html, {
    USE_PROFILES: { mathMl: true },
    FORBID_CONTENTS: ["annotation"],
    FORBID_TAGS: ["annotation"],
    ADD_TAGS: ["semantics"],
    RETURN_DOM_FRAGMENT: true,
  });
}
