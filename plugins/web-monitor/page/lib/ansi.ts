/** How a stretch of terminal output looks. */
export interface Look {
  readonly color?: string;
  readonly background?: string;
  readonly bold?: true;
  readonly dim?: true;
  readonly italic?: true;
  readonly underline?: true;
  readonly inverse?: true;
  readonly strike?: true;
}

export interface Span {
  readonly text: string;
  readonly look: Look;
}

export type Line = readonly Span[];

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const plain: Look = {};
/**
 * What steers a terminal. It is a sequence of parameters, or a string that ends with a bell or with `ESC \`. It may be a
 * short sequence, or one control character but for tab and line feed. Built from text, because characters that cannot be
 * seen do not belong into a pattern.
 */
const esc = "\\u001b";
const control = new RegExp(
  `${esc}\\[([0-?]{0,64})[ -/]{0,8}([@-~])|${esc}[\\]PX^_][^\\u0007${esc}]*(?:\\u0007|${esc}\\\\)|${esc}[ -/]{0,8}[0-~]|[\\u0000-\\u0008\\u000b-\\u001f\\u007f]`,
  "g",
);
/** A sequence that is cut at the end of a piece. */
const unfinished = new RegExp(
  `${esc}(?:\\[[0-?]{0,64}[ -/]{0,8}|[\\]PX^_][^\\u0007${esc}]{0,4096}${esc}?|[ -/]{0,8})?$`,
);

/** What one of a program's streams has begun and not finished. */
interface Pen {
  /** How what the stream does not colour itself looks. */
  readonly base: Look;
  look: Look;
  /** The beginning of a sequence, at the end of the newest piece. */
  rest: string;
}

/** Standard error in its own colour, as terminals that tell the two apart show it. */
const bases = { stdout: plain, stderr: { color: "var(--ansi-red)" } } as const;

/** Where the next character goes; `column` counts characters, and is undefined at the end of the line. */
interface Cursor {
  readonly row: number;
  readonly column: number | undefined;
}

/**
 * Turns terminal output into spans. Colours and weights are kept. The cursor moves within the lines, as progress bars
 * move it: what is written there takes the place of what stood there. What would clear the screen or move it takes
 * nothing away. Nothing of it is ever read as HTML. Both streams write the same lines; each keeps its own colours and its
 * own half of a sequence that is cut between two pieces.
 */
export class AnsiReader {
  readonly #lines: Line[] = [];
  #row = 0;
  #column: number | undefined;
  #saved: Cursor = { row: 0, column: 0 };
  readonly #pens: Record<keyof typeof bases, Pen> = {
    stdout: { base: bases.stdout, look: bases.stdout, rest: "" },
    stderr: { base: bases.stderr, look: bases.stderr, rest: "" },
  };

  /** Lines that are complete, and the one that is being written. */
  get lines(): readonly Line[] {
    return this.#lines.slice(0, this.count);
  }

  get count(): number {
    const { length } = this.#lines;
    return length > 0 && this.#lines[length - 1]?.length === 0 ? length - 1 : length;
  }

  line(index: number): Line {
    return this.#lines[index] ?? [];
  }

  write(chunk: string, stream: keyof typeof bases = "stdout"): void {
    const pen = this.#pens[stream];
    const text = pen.rest + chunk;
    const open = unfinished.exec(text);
    pen.rest = open === null ? "" : open[0];
    const whole = open === null ? text : text.slice(0, open.index);
    const parts = whole.split("\n");
    for (const [index, part] of parts.entries()) {
      this.#writeLine(part, pen);
      if (index < parts.length - 1) this.#endLine();
    }
  }

  #endLine(): void {
    this.#lines[this.#row] ??= [];
    this.#row += 1;
    this.#lines[this.#row] ??= [];
    this.#column = 0;
  }

  #writeLine(text: string, pen: Pen): void {
    let from = 0;
    for (const match of text.matchAll(control)) {
      this.#append(text.slice(from, match.index), pen.look);
      from = match.index + match[0].length;
      const [all, parameters = "", final] = match;
      if (final === "m" && /^[\d;:]*$/.test(parameters)) pen.look = lookOf(pen.base, pen.look, parameters);
      else if (final !== undefined) this.#move(final, parameters);
      else if (all === "\r") this.#column = 0;
      else if (all === "\b") this.#goTo(this.#row, this.#at - 1);
      else if (all === "\u001b7") this.#saved = { row: this.#row, column: this.#at };
      else if (all === "\u001b8") this.#goTo(this.#saved.row, this.#saved.column ?? 0);
    }
    this.#append(text.slice(from), pen.look);
  }

  /** The column of the cursor. */
  get #at(): number {
    return this.#column ?? lengthOf(this.line(this.#row));
  }

  #goTo(row: number, column: number): void {
    this.#row = Math.max(0, Math.min(row, this.#lines.length - 1));
    this.#column = Math.max(0, Math.min(column, mostColumns));
  }

  #move(final: string, parameters: string): void {
    const [first = 0] = parameters.split(";").map(Number);
    const by = Number.isFinite(first) ? Math.max(1, first) : 1;
    switch (final) {
      case "A":
        this.#goTo(this.#row - by, this.#at);
        break;
      case "B":
        this.#goTo(this.#row + by, this.#at);
        break;
      case "C":
        this.#goTo(this.#row, this.#at + by);
        break;
      case "D":
        this.#goTo(this.#row, this.#at - by);
        break;
      case "E":
        this.#goTo(this.#row + by, 0);
        break;
      case "F":
        this.#goTo(this.#row - by, 0);
        break;
      case "G":
        this.#goTo(this.#row, by - 1);
        break;
      case "K":
        this.#erase(first);
        break;
      case "J":
        if (first === 0) this.#eraseBelow();
        break;
      case "s":
        this.#saved = { row: this.#row, column: this.#at };
        break;
      case "u":
        this.#goTo(this.#saved.row, this.#saved.column ?? 0);
        break;
      default:
    }
  }

  #append(text: string, look: Look): void {
    if (text === "") return;
    const line = this.line(this.#row);
    if (this.#column !== undefined && line.length > 0) {
      const end = this.#column + Array.from(text).length;
      this.#lines[this.#row] = joined(padded(cut(line, 0, this.#column), this.#column), { text, look }, cut(line, end));
      this.#column = end >= lengthOf(line) ? undefined : end;
      return;
    }
    const gap = line.length === 0 && this.#column ? [{ text: " ".repeat(this.#column), look: plain }] : [];
    this.#lines[this.#row] = joined([...gap, ...line], { text, look }, []);
    this.#column = undefined;
  }

  /** 0: from the cursor on; 1: up to it; 2: all of the line. */
  #erase(what: number): void {
    const line = this.line(this.#row);
    const at = this.#at;
    if (line.length === 0) return;
    if (what === 1) this.#lines[this.#row] = [...padded([], at + 1), ...cut(line, at + 1)];
    else this.#lines[this.#row] = what === 2 ? [] : cut(line, 0, at);
    this.#column = at;
  }

  #eraseBelow(): void {
    this.#erase(0);
    this.#lines.length = Math.min(this.#lines.length, this.#row + 1);
  }
}

/** Columns that a cursor may go to: a line is not made longer than that by a move. */
const mostColumns = 10_000;

function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + charactersOf(text), 0);
}

function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The characters of a line from one column up to another. */
function cut(line: Line, from: number, to = Number.POSITIVE_INFINITY): Line {
  let at = 0;
  return line.flatMap(({ text, look }) => {
    const characters = Array.from(text);
    const part = characters.slice(Math.max(0, from - at), Math.max(0, to - at)).join("");
    at += characters.length;
    return part === "" ? [] : [{ text: part, look }];
  });
}

function padded(line: Line, length: number): Line {
  const missing = length - lengthOf(line);
  return missing > 0 ? [...line, { text: " ".repeat(missing), look: plain }] : line;
}

/** Neighbours of one look are one span. */
function joined(before: Line, span: Span, after: Line): Line {
  const last = before.at(-1);
  const grown = last?.look === span.look ? { text: last.text + span.text, look: span.look } : span;
  return [...(grown === span ? before : before.slice(0, -1)), grown, ...after];
}

function lookOf(base: Look, before: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map(Number);
  let look: Record<string, unknown> = { ...before };
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 0) look = { ...base };
    else if (code === 1) look["bold"] = true;
    else if (code === 2) look["dim"] = true;
    else if (code === 3) look["italic"] = true;
    else if (code === 4) look["underline"] = true;
    else if (code === 7) look["inverse"] = true;
    else if (code === 9) look["strike"] = true;
    else if (code === 22) for (const key of ["bold", "dim"]) delete look[key];
    else if (code === 23) delete look["italic"];
    else if (code === 24) delete look["underline"];
    else if (code === 27) delete look["inverse"];
    else if (code === 29) delete look["strike"];
    else if (code === 39) look["color"] = base.color;
    else if (code === 49) delete look["background"];
    else if (code === 38 || code === 48) {
      const [color, used] = extended(codes.slice(index + 1));
      index += used;
      if (color !== undefined) look[code === 38 ? "color" : "background"] = color;
    } else {
      const name = names[code % 10];
      const tone = code >= 90 ? `bright-${name}` : name;
      if (name !== undefined && code % 10 < 8) {
        if ((code >= 30 && code < 38) || (code >= 90 && code < 98)) look["color"] = `var(--ansi-${tone})`;
        if ((code >= 40 && code < 48) || (code >= 100 && code < 108)) {
          look["background"] = `var(--ansi-${code >= 100 ? `bright-${name}` : name})`;
        }
      }
    }
  }
  if (look["color"] === undefined) delete look["color"];
  return Object.keys(look).length === 0 ? plain : look;
}

/** The colours after 38 and 48: `5;n` of a palette of 256, or `2;r;g;b`. */
function extended(codes: readonly number[]): readonly [string | undefined, number] {
  if (codes[0] === 2) {
    const [, red = 0, green = 0, blue = 0] = codes;
    return [`rgb(${red & 255} ${green & 255} ${blue & 255})`, 4];
  }
  if (codes[0] !== 5) return [undefined, 0];
  const index = codes[1] ?? 0;
  if (index < 8) return [`var(--ansi-${names[index]})`, 2];
  if (index < 16) return [`var(--ansi-bright-${names[index - 8]})`, 2];
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [`rgb(${grey} ${grey} ${grey})`, 2];
  }
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  const [red, green, blue] = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return [`rgb(${level(red)} ${level(green)} ${level(blue)})`, 2];
}
