import type { ReactNode } from "react";
import { cutText } from "../../../../core/client/index.ts";

/** Characters that are drawn; more would only make the page slow. */
const most = 100_000;

/** JSON with its parts told apart, as text and never as HTML. */
export function JsonView({ value }: { readonly value: unknown }) {
  const text =
    JSON.stringify(
      value,
      (_key, each) => (typeof each === "string" && each.length > 4_000 ? `${cutText(each, 4_000)}…` : each),
      2,
    ) ?? "undefined";
  return (
    <pre className="block json" tabIndex={0}>
      {colored(cutText(text, most))}
    </pre>
  );
}

function colored(text: string): ReactNode[] {
  const nodes: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(
    /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g,
  )) {
    if (match.index > from) nodes.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const kind = match[1] === undefined ? "value" : match[2] === undefined ? "string" : "key";
    nodes.push(
      <span key={match.index} className={`json-${kind}`}>
        {match[1] ?? match[0]}
      </span>,
    );
    if (match[2] !== undefined) nodes.push(match[2]);
  }
  nodes.push(text.slice(from));
  return nodes;
}
