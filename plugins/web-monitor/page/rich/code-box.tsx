import { memo, useEffect, useState } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { t } from "../lib/i18n.ts";
import { Icon } from "../parts/icon.tsx";
import { linesOf } from "./highlight.ts";

/** Code with its colours, its lines numbered, and a button that copies all of it. */
export const CodeBox = memo(function CodeBox({ language, text }: { readonly language: string; readonly text: string }) {
  const shown = cutText(text.replace(/\n$/, ""), 200_000);
  return (
    <figure className="code-box">
      <figcaption>
        {language || t("code")}
        <CopyButton text={text} />
      </figcaption>
      <pre tabIndex={0} aria-label={t("Code in {language}", { language: language || "?" })}>
        {linesOf(shown, language).map((pieces, line) => (
          <span key={line} className="code-line">
            {pieces.map(({ text: piece, mark }, index) => (
              <span key={index} className={mark}>
                {piece}
              </span>
            ))}
            {"\n"}
          </span>
        ))}
      </pre>
    </figure>
  );
});

function CopyButton({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => undefined,
    );
  return (
    <button type="button" className="code-copy" aria-label={t("Copy the code")} onClick={() => void copy()}>
      <Icon name={copied ? "check" : "copy"} size={14} />
      <span role="status" className="hidden">
        {copied ? t("copied") : ""}
      </span>
    </button>
  );
}
