import { t } from "../lib/i18n.ts";
import { lineDiff } from "../lib/line-diff.ts";

const signs = { same: " ", added: "+", removed: "−" } as const;
/** Unchanged lines shown around a change. */
const context = 3;

/** What changed, with a sign before each line, so that colour is not what tells. */
export function DiffView({ before, after }: { readonly before: string; readonly after: string }) {
  // A last line's end that both have is no line.
  const isEnded = before.endsWith("\n") && after.endsWith("\n");
  const lines = isEnded ? lineDiff(before.slice(0, -1), after.slice(0, -1)) : lineDiff(before, after);
  const near = lines.map((_line, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ kind }) => kind !== "same"),
  );
  if (!near.includes(true)) return <p className="muted">{t("Nothing differs.")}</p>;
  return (
    <pre className="block diff" tabIndex={0}>
      {lines.map(({ kind, text }, index) =>
        near[index] ? (
          <span key={index} className={`diff-${kind}`}>
            <i aria-label={kind === "same" ? undefined : t(kind)}>{signs[kind]}</i>
            {text || "\n"}
          </span>
        ) : near[index - 1] ? (
          <span key={index} className="diff-skip">
            ⋯
          </span>
        ) : null,
      )}
    </pre>
  );
}
