import DOMPurify from "dompurify";
import { useEffect, useRef } from "react";
import { cutText } from "../../../../core/client/index.ts";

/**
 * A formula in LaTeX, as MathML, which browsers draw by themselves; no fonts and no styles are needed. What reads LaTeX
 * is fetched with the first formula. A run that was exported as a page has none, and shows the source.
 */
export function Formula({ text }: { readonly text: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let over = false;
    drawn(text).then(
      (node) => !over && place.current?.replaceChildren(node),
      () => !over && place.current?.replaceChildren(cutText(text, 20_000)),
    );
    return () => {
      over = true;
    };
  }, [text]);
  return <div ref={place} className="formula" />;
}

async function drawn(text: string): Promise<Node> {
  const { default: katex } = await import("katex");
  const source = cutText(text, 20_000).replace(/^\s*(\$\$?|\\\[)|(\$\$?|\\\])\s*$/g, "");
  const html = katex.renderToString(source, {
    output: "mathml",
    displayMode: true,
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
