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
 * Control sequences, and single control characters but for tab and line feed. Built from text, because characters that
 * cannot be seen do not belong into a pattern.
 */
const esc = "\\u001b";
const control = new RegExp(
  `${esc}\\[([0-9;:]*)([A-Za-z])|${esc}\\][^\\u0007${esc}]*(?:\\u0007|${esc}\\\\)|${esc}[@-Z\\\\-_]|[\\u0000-\\u0008\\u000b-\\u001f\\u007f]`,
  "g",
);
/** A sequence that is cut at the end of a piece. */
const unfinished = new RegExp(`${esc}(?:\\[[0-9;:]*|\\][^\\u0007]{0,512})?$`);

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

/**
 * Turns terminal output into spans. Colours and weights are kept; a carriage return writes the line anew, as progress
 * bars do; everything else that would move a cursor is left out. Nothing of it is ever read as HTML. Both streams write
 * the same lines; each keeps its own colours and its own half of a sequence that is cut between two pieces.
 */
export class AnsiReader {
  readonly #finished: Line[] = [];
  #current: Span[] = [];
  /** A carriage return came, and what it would overwrite is still shown. */
  #returned = false;
  readonly #pens: Record<keyof typeof bases, Pen> = {
    stdout: { base: bases.stdout, look: bases.stdout, rest: "" },
    stderr: { base: bases.stderr, look: bases.stderr, rest: "" },
  };

  /** Lines that are complete, and the one that is being written. */
  get lines(): readonly Line[] {
    return this.#current.length === 0 ? this.#finished : [...this.#finished, this.#current];
  }

  get count(): number {
    return this.#finished.length + (this.#current.length === 0 ? 0 : 1);
  }

  line(index: number): Line {
    return this.#finished[index] ?? this.#current;
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
    this.#finished.push(this.#current);
    this.#current = [];
    this.#returned = false;
  }

  #writeLine(text: string, pen: Pen): void {
    let from = 0;
    for (const match of text.matchAll(control)) {
      this.#append(text.slice(from, match.index), pen.look);
      from = match.index + match[0].length;
      if (match[2] === "m") pen.look = lookOf(pen.base, pen.look, match[1] ?? "");
      else if (match[2] === "K" && match[1] === "2") this.#current = [];
      else if (match[0] === "\r") this.#returned = true;
      else if (match[0] === "\b") this.#erase();
    }
    this.#append(text.slice(from), pen.look);
  }

  #append(text: string, look: Look): void {
    if (text === "") return;
    if (this.#returned) this.#current = [];
    this.#returned = false;
    const last = this.#current.at(-1);
    if (last !== undefined && last.look === look) {
      this.#current[this.#current.length - 1] = { text: last.text + text, look };
    } else {
      this.#current = [...this.#current, { text, look }];
    }
  }

  #erase(): void {
    const last = this.#current.at(-1);
    if (last === undefined) return;
    this.#current = this.#current.slice(0, -1);
    if (last.text.length > 1) this.#current.push({ ...last, text: last.text.slice(0, -1) });
  }
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
