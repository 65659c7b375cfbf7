import { Marked, type Token, type Tokens } from "marked";
import { memo, type ReactNode } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { CodeBox } from "./code-box.tsx";
import { Formula } from "./formula.tsx";
import { type FormulaToken, formulas } from "./formula-tokens.ts";

const reader = new Marked({ extensions: formulas });

/**
 * What a model said, as Markdown. It becomes elements of React, never HTML: a tag in it is shown as text. A picture from
 * elsewhere is a link, because to load it would tell its host who reads.
 */
export const Markdown = memo(function Markdown({ text }: { readonly text: string }) {
  return <div className="prose markdown">{blocks(reader.lexer(cutText(text, 200_000)))}</div>;
});

function blocks(tokens: readonly Token[] = []): ReactNode[] {
  return tokens.map((token, index) => <Block key={index} token={token as MarkedToken} />);
}

function inlines(tokens: readonly Token[] = []): ReactNode[] {
  return tokens.map((token, index) => <Inline key={index} token={token as MarkedToken} />);
}

/** The tokens of Markdown itself; `Token` lets extensions add any. */
type MarkedToken =
  | Tokens.Blockquote
  | Tokens.Br
  | Tokens.Code
  | Tokens.Codespan
  | Tokens.Def
  | Tokens.Del
  | Tokens.Em
  | Tokens.Escape
  | FormulaToken
  | Tokens.Heading
  | Tokens.Hr
  | Tokens.HTML
  | Tokens.Image
  | Tokens.Link
  | Tokens.List
  | Tokens.Paragraph
  | Tokens.Space
  | Tokens.Strong
  | Tokens.Table
  | Tokens.Text;

function Block({ token }: { readonly token: MarkedToken }) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      // The page's own headings are the outline; those of an answer are below them.
      return token.depth < 3 ? <h3>{inlines(token.tokens)}</h3> : <h4>{inlines(token.tokens)}</h4>;
    case "code":
      return <CodeBox language={token.lang?.split(/\s/)[0] ?? ""} text={token.text} />;
    case "blockquote":
      return <blockquote>{blocks(token.tokens)}</blockquote>;
    case "hr":
      return <hr />;
    case "list":
      return <List list={token} />;
    case "table":
      return <Table table={token} />;
    case "html":
      return <p>{token.text.trim()}</p>;
    case "formula":
      return <Formula text={token.text} source={token.raw} isInline={!token.isDisplayed} />;
    case "paragraph":
      return <p dir="auto">{inlines(token.tokens)}</p>;
    default:
      return <Inline token={token} />;
  }
}

function List({ list }: { readonly list: Tokens.List }) {
  const items = list.items.map((item, index) => (
    <li key={index} dir="auto">
      {item.task ? <input type="checkbox" disabled checked={item.checked ?? false} aria-label={item.text} /> : null}
      {blocks(item.tokens.filter(({ type }) => type !== "checkbox"))}
    </li>
  ));
  return list.ordered ? <ol start={list.start === "" ? 1 : list.start}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ table: { header, rows, raw } }: { readonly table: Tokens.Table }) {
  return (
    <section className="table-box" tabIndex={0} aria-label={cutText(raw, 40)}>
      <table className="plain-table">
        <thead>
          <tr>
            {header.map(({ tokens }, index) => (
              <th key={index} scope="col">
                {inlines(tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map(({ tokens }, index) => (
                <td key={index} dir="auto">
                  {inlines(tokens)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Inline({ token }: { readonly token: MarkedToken }) {
  switch (token.type) {
    case "strong":
      return <strong>{inlines(token.tokens)}</strong>;
    case "em":
      return <em>{inlines(token.tokens)}</em>;
    case "del":
      return <del>{inlines(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link":
      return <Outside href={token.href}>{inlines(token.tokens)}</Outside>;
    case "image":
      return <Outside href={token.href}>{token.text || token.href}</Outside>;
    case "formula":
      return <Formula text={token.text} source={token.raw} isInline />;
    case "text":
      return "tokens" in token && token.tokens !== undefined ? inlines(token.tokens) : withoutEntities(token.text);
    case "escape":
      return token.text;
    default:
      return token.raw;
  }
}

/** `&amp;` is a sign, as in HTML; what it makes stays text. */
function withoutEntities(text: string): string {
  return text.replace(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][\da-z]{1,31});/gi, (entity) => {
    const { body } = new DOMParser().parseFromString(`<body>${entity}`, "text/html");
    return body.textContent || entity;
  });
}

const schemes = new Set(["http:", "https:", "mailto:"]);

/** A link that leaves the page when it is pressed, if it leads somewhere that runs nothing here. */
function Outside({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  if (!URL.canParse(href) || !schemes.has(new URL(href).protocol)) return <span title={href}>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener" title={href}>
      {children}
    </a>
  );
}
