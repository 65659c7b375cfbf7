import { realpathSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { LineCounter } from "yaml";

/** A text that a profile was read from, or the object given from code (which has no text). */
export interface ProfileSource {
  /** As the user would name it: relative to where they stand. */
  readonly name: string;
  /** Absolute path; `<config>` for an object given from code. */
  readonly path: string;
  /** Folder from which relative paths written in this source start. */
  readonly folder: string;
  readonly text: string;
  /** Order of reading; problems are listed in it. */
  readonly order: number;
  readonly lines: LineCounter;
}

/** A stretch of a source, in offsets; without a range where no text exists. */
export interface SourcePlace {
  readonly source: ProfileSource;
  readonly range?: readonly [start: number, end: number];
}

/** Lines and columns from 1, columns in UTF-16 units as editors count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export function createSource(source: Omit<ProfileSource, "lines" | "text">, text: string): ProfileSource {
  const clean = text.startsWith("\uFEFF") ? text.slice(1) : text;
  return { ...source, text: clean, lines: linesOf(clean) };
}

export function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines.addNewLine(at + 1);
  return lines;
}

export function positionOf(place: SourcePlace): Position | undefined {
  if (place.range === undefined) return undefined;
  const start = place.source.lines.linePos(place.range[0]);
  const end = place.source.lines.linePos(Math.max(place.range[0], place.range[1]));
  return { line: start.line, column: start.col, endLine: end.line, endColumn: end.col };
}

/** `file:line:column`, for messages and origins. */
export function nameOf(place: SourcePlace): string {
  const position = positionOf(place);
  return position === undefined ? place.source.name : `${place.source.name}:${position.line}:${position.column}`;
}

/** Where links lead. What is not there yet is where its folder is. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : resolve(realPath(dirname(path)), relative(dirname(path), path));
  }
}
