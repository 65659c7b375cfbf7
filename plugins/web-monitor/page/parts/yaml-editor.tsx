import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { Problem } from "../../../../core/contract/index.ts";
import { t } from "../lib/i18n.ts";

const fromOutside = Annotation.define<boolean>();
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

const colors = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--syntax-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--syntax-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--syntax-value)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--muted)" },
]);

function extensionsFor(readOnly: boolean, onText: (text: string) => void): Extension[] {
  return [
    EditorView.cspNonce.of(nonce),
    lineNumbers(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    yaml(),
    syntaxHighlighting(colors),
    lintGutter(),
    EditorState.readOnly.of(readOnly),
    // Tab leaves the field, as everywhere else on a page.
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap]),
    EditorView.contentAttributes.of({ "aria-label": t("The profile as YAML"), tabindex: "0" }),
    EditorView.updateListener.of((update) => {
      const mine = update.transactions.some((each) => each.annotation(fromOutside) === true);
      if (update.docChanged && !mine) onText(update.state.doc.toString());
    }),
  ];
}

/** Where to look; a new one of the same line goes there again. */
export interface Place {
  readonly line: number;
}

/** The profile's text, with what is wrong in it where it is wrong. */
export function YamlEditor({
  text,
  problems,
  readOnly,
  place: wanted,
  onChange,
}: {
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly readOnly: boolean;
  readonly place: Place | undefined;
  readonly onChange: (text: string) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(undefined);
  const told = useRef(onChange);
  told.current = onChange;
  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes later is told to it below
  useEffect(() => {
    if (place.current === null) return;
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: extensionsFor(readOnly, (changed) => told.current(changed)),
      }),
    });
    editor.current = view;
    return () => view.destroy();
  }, []);
  useEffect(() => {
    const view = editor.current;
    if (view === undefined || view.state.doc.toString() === text) return;
    view.dispatch({ changes: changeTo(view.state.doc.toString(), text), annotations: fromOutside.of(true) });
  }, [text]);
  useEffect(() => {
    const view = editor.current;
    if (view !== undefined)
      view.dispatch(
        setDiagnostics(
          view.state,
          problems.flatMap((problem) => diagnosticOf(view.state, problem)),
        ),
      );
  }, [problems]);
  useEffect(() => {
    const view = editor.current;
    if (view === undefined || wanted === undefined || wanted.line > view.state.doc.lines) return;
    const { from } = view.state.doc.line(wanted.line);
    view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  }, [wanted]);
  return <div className="editor" ref={place} />;
}

/** Only what differs is replaced, so that the cursor stays where it is. */
function changeTo(before: string, after: string): { from: number; to: number; insert: string } {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail))
    tail += 1;
  return { from: head, to: before.length - tail, insert: after.slice(head, after.length - tail) };
}

function diagnosticOf(
  state: EditorState,
  { line, column = 1, endLine, endColumn, severity, message, cure }: Problem,
): Diagnostic[] {
  // What is only said stands folded below the text.
  if (line === undefined || line > state.doc.lines || severity === "notice") return [];
  const from = Math.min(state.doc.length, state.doc.line(line).from + column - 1);
  const last = Math.min(endLine ?? line, state.doc.lines);
  const to = endColumn === undefined ? state.doc.line(line).to : state.doc.line(last).from + endColumn - 1;
  const place = { from, to: Math.max(from, Math.min(to, state.doc.length)) };
  return [{ ...place, severity, message: `${message}\n${cure}` }];
}
