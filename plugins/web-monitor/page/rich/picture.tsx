import { useState } from "react";
import { t } from "../lib/i18n.ts";

/** A picture as wide as its place; pressed, in its own size. */
export function Picture({ src, alt }: { readonly src: string; readonly alt: string }) {
  const [large, setLarge] = useState(false);
  return (
    <button
      type="button"
      className={`picture-box${large ? " large" : ""}`}
      aria-pressed={large}
      title={large ? t("Fit it in") : t("In its own size")}
      onClick={() => setLarge(!large)}
    >
      <img className="picture" alt={alt} src={src} />
    </button>
  );
}
