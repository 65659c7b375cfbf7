import { type Node, parseSync, type StringLiteral, type TemplateLiteral, Visitor } from "oxc-parser";

/** A text that people read, and where it stands. */
export interface Text {
  readonly path: string;
  readonly text: string;
}

/** Words of a sentence, counted as a reader meets them: code is one word. */
const most = 20;

/** Words that the glossary gives up, and turns that make a riddle of a sentence. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/\bdoors?\b/i, "transport, mount or entry"],
  [/^Of [^,]*[.;]$|\b[Ww]hat of\b/, "first what it is"],
  [/\bsomebody needs who\b/i, "who needs it"],
  [/\b(what|that) (came|comes) of\b/i, "the outcome, the answer or the output"],
  [/\b(no|any)body's\b/i, "who has it, or that nobody has"],
  [/\bbe it\b/i, "or"],
  [/\b(msg|cfg|opts)\b/, "the whole word"],
  [/\b(thereof|whereof|therein|wherein|hitherto|lest)\b/i, "a plain word"],
];

/** Where a forbidden word is what the text is about. */
const exempt = ["CHANGELOG.md", "docs/glossary.md"];

/** What is wrong with the words of each text: `path: fault: sentence`. */
export function faultsOfWords(texts: readonly Text[]): string[] {
  return texts.flatMap(({ path, text }) => {
    const sentences = sentencesOf(text);
    const long = sentences.filter((sentence) => wordsOf(sentence) > most);
    const bad = forbidden.flatMap(([pattern, instead]) =>
      exempt.includes(path)
        ? []
        : sentences
            .filter((sentence) => pattern.test(plain(sentence)))
            .map((sentence) => `${path}: say ${instead}: ${sentence}`),
    );
    return [...long.map((sentence) => `${path}: over ${most} words: ${sentence}`), ...bad];
  });
}

/** A text without its marks: code is one word, a link is what it shows. */
const plain = (text: string) =>
  text
    .replace(/`[^`]*`/g, "X")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\*+/g, "");

const wordsOf = (sentence: string) =>
  plain(sentence)
    .split(/\s+/)
    .filter((word) => /\w/.test(word)).length;

/** A colon and a semicolon end a thought as a full stop does; inside of code nothing does. */
function sentencesOf(text: string): string[] {
  const found: string[] = [];
  let begin = 0;
  let code = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "`") code = !code;
    const end = /^[.!?:;](\*\*|["')\]])*(\s|$)/.exec(text.slice(at, at + 8))?.[0];
    if (code || end === undefined) continue;
    found.push(text.slice(begin, at + end.length).trim());
    begin = at + end.length;
  }
  return [...found, text.slice(begin).trim()].filter((sentence) => sentence !== "");
}

/** Paragraphs, items and cells of a page; code and headings are not prose. */
export function proseOf(path: string, page: string): Text[] {
  const blocks: string[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) blocks.push(open.join(" "));
    open = [];
  };
  for (const line of page.replace(/^ *```[\s\S]*?^ *```/gm, "").split("\n")) {
    if (/^\s*($|#|!\[|---)/.test(line)) close();
    else if (/^\s*\|/.test(line)) {
      close();
      blocks.push(...line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
    } else {
      if (/^\s*([-*]|\d+\.) /.test(line)) close();
      open.push(line.trim().replace(/^([-*]|\d+\.) /, ""));
    }
  }
  close();
  return blocks.filter((text) => text !== "").map((text) => ({ path, text }));
}

/** Names of properties whose texts people read: of errors, options, flags, commands and problems. */
const shown = new Set(["description", "summary", "message", "cure", "when", "hint"]);

interface Call {
  readonly callee: Node;
  readonly arguments: readonly unknown[];
}

/** The texts of a module that people read: its messages, and its comments. */
export function textsOf(path: string, source: string): Text[] {
  const { program, comments } = parseSync(path, source);
  const found: string[] = [];
  const take = (node: unknown) => {
    const text = literalOf(node as StringLiteral | TemplateLiteral);
    if (text !== undefined) found.push(...text.split(/\n\s*\n/));
  };
  const takeShown = ({ key, value }: { readonly key: Node; readonly value?: unknown }) => {
    if (key.type === "Identifier" && shown.has(key.name)) take(value);
  };
  const takeError = ({ callee, arguments: given }: Call) => {
    if (callee.type === "Identifier" && callee.name === "SluiceError") take(given[1]);
  };
  const takeOfPage = ({ callee, arguments: given }: Call) => {
    if (callee.type === "Identifier" && callee.name === "t") take(given[0]);
  };
  new Visitor({
    Property: takeShown,
    PropertyDefinition: takeShown,
    NewExpression: takeError,
    CallExpression: takeOfPage,
  }).visit(program);
  return [...found, ...commentsOf(comments, source)].map((text) => ({ path, text }));
}

/** The value of a text in code, where each expression counts as one word. */
function literalOf(node: StringLiteral | TemplateLiteral | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type !== "TemplateLiteral") return undefined;
  return node.quasis.map(({ value }) => value.cooked ?? value.raw).join("`x`");
}

interface Comment {
  readonly type: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Lines of `//` that follow each other are one comment; grammars and tables in comments are indented, and no prose. */
function commentsOf(comments: readonly Comment[], source: string): string[] {
  const joined: string[] = [];
  let end = -1;
  for (const comment of comments) {
    const text = comment.value.replace(/^\s*\* ?/gm, "");
    const follows = comment.type === "Line" && /^\n[ \t]*$/.test(source.slice(end, comment.start));
    if (follows) joined.push(`${joined.pop()}\n${text}`);
    else joined.push(text);
    end = comment.type === "Line" ? comment.end : -1;
  }
  return joined
    .map((text) => text.replace(/^ {3,}.*$/gm, "").replace(/@\w+/g, "\n\n"))
    .flatMap((text) => text.split(/\n\s*\n|\n\s*- /))
    .map((text) => text.replace(/\s+/g, " ").trim())
    .filter((text) => text !== "" && !text.startsWith("biome-ignore"));
}
