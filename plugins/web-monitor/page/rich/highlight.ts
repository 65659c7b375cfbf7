import bash from "highlight.js/lib/languages/bash";
import css from "highlight.js/lib/languages/css";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

const reader = createLowlight({ bash, css, javascript, json, python, sql, typescript, xml, yaml });

/** Longer code keeps one colour: to read it would hold up the page. */
const mostRead = 30_000;

export interface CodePiece {
  readonly text: string;
  /** Classes of what it is, such as `hljs-keyword`. */
  readonly mark?: string;
}

type Root = ReturnType<typeof reader.highlight>;

/** Code line by line, each in pieces of one colour. */
export function linesOf(text: string, language: string): readonly (readonly CodePiece[])[] {
  const name = language.toLowerCase();
  if (text.length > mostRead || !reader.registered(name)) return text.split("\n").map((line) => [{ text: line }]);
  const lines: CodePiece[][] = [[]];
  const take = (nodes: Root["children"], mark?: string) => {
    for (const node of nodes) {
      if (node.type === "element") take(node.children, markOf(node.properties["className"]) ?? mark);
      else if (node.type === "text") {
        for (const [index, piece] of node.value.split("\n").entries()) {
          if (index > 0) lines.push([]);
          if (piece !== "") lines.at(-1)?.push({ text: piece, ...(mark === undefined ? {} : { mark }) });
        }
      }
    }
  };
  take(reader.highlight(name, text).children);
  return lines;
}

function markOf(classes: unknown): string | undefined {
  return Array.isArray(classes) ? classes.join(" ") : undefined;
}
