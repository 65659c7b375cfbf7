import { BareCode, mayBeginCode } from "./bare-code.ts";
import { CalledCode, callRemains, callStart, mayBeCall } from "./called-code.ts";
import { isRunnable, languageOf } from "./code-language.ts";
import * as syntax from "./fence-syntax.ts";
import type { OpenCode, Piece } from "./pieces.ts";

interface Block extends Omit<syntax.Opening, "label"> {
  label: string;
  /** What has come of it before its first line told its language, which is then undefined. */
  held: string | undefined;
  /** The line that began it, for blocks that turn out to be text. */
  readonly first: string;
}

interface Call {
  readonly code: CalledCode;
  /** The block it stands in, which it fills. */
  readonly block: Block | undefined;
  raw: string;
  begun: boolean;
}

export interface FenceOptions {
  /** Whether code will run: then slips of form are repaired, and code without any fence counts. */
  readonly repair?: boolean;
}

/**
 * Finds blocks of code in a model's text while it streams. Nothing is held back but the start of a line that may still
 * become a fence, a block's first line, which tells its language, and an answer that so far is nothing but code.
 */
export class FenceReader {
  readonly #repair: boolean;
  #pieces: Piece[] = [];
  /** The unfinished line so far, as far as it was held back. */
  #held = "";
  /** Whether the present line has already been let through in part. */
  #midLine = false;
  #block: Block | undefined;
  #call: Call | undefined;
  /** Set after a call: what is left of it on its line and the next ones. */
  #remains: RegExp | undefined;
  /** Set while the answer has been nothing but code. */
  #bare: BareCode | undefined;
  /** How the code that `end` found open was left; undefined where all code was closed. */
  open: OpenCode | undefined;

  constructor({ repair = false }: FenceOptions = {}) {
    this.#repair = repair;
    if (repair) this.#bare = new BareCode();
  }

  write(text: string): Piece[] {
    for (const chunk of text.match(/[^\n]*\n|[^\n]+/g) ?? []) this.#chunk(chunk);
    return this.#taken();
  }

  /** The answer is over: a fence that was not closed is closed here. */
  end(): Piece[] {
    this.open = undefined;
    if (this.#bare) this.#endBare(this.#bare);
    if (this.#call) {
      this.open = "call";
      this.#endCall(this.#call);
    }
    const rest = this.#remains?.test(this.#held) ? "" : this.#held;
    this.#held = "";
    if (this.#midLine && this.#block) this.#middle(rest, true);
    else if (this.#midLine) this.#pass(rest);
    else if (rest !== "") this.#line(rest);
    if (this.#block) {
      if (!this.#block.prose) this.open = "fence";
      this.#close(this.#block, "");
    }
    this.#midLine = false;
    return this.#taken();
  }

  /** Whether what was written so far ends inside a block or a call. */
  get inBlock(): boolean {
    return this.#block !== undefined || this.#call !== undefined;
  }

  #taken(): Piece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  #chunk(chunk: string): void {
    if (this.#call) {
      this.#readCall(this.#call, chunk);
      return;
    }
    this.#held += chunk;
    if (this.#remains && this.#dropRemains(this.#remains)) return;
    if (this.#bare && this.#stillBare(this.#bare)) return;
    const text = this.#held;
    if (!this.#midLine && this.#beginsCall(text)) {
      this.#held = "";
      this.#beginCall(text, undefined);
      return;
    }
    const complete = text.endsWith("\n");
    if (!this.#midLine && !complete && this.#mayBeMarker(text)) return;
    this.#held = "";
    if (this.#midLine) this.#middle(text, complete);
    else if (complete) this.#line(text);
    else this.#middle(this.#outdented(text), false);
    this.#midLine = !complete;
  }

  #line(line: string): void {
    const bare = line.replace(/\r?\n$/, "");
    const block = this.#block;
    if (block && syntax.closes(bare, block)) this.#close(block, line);
    else if (block && !(this.#repair && !block.prose && syntax.reopens(bare, block))) this.#inBlock(block, line);
    else {
      if (block) this.#close(block, "");
      const opening = syntax.openingOf(bare, this.#repair);
      if (opening) this.#open(opening, line);
      else this.#middle(line, true);
    }
  }

  #inBlock(block: Block, line: string): void {
    if (block.held === undefined) this.#middle(this.#outdented(line), true);
    else this.#first(block, line);
  }

  #open(opening: syntax.Opening, line: string): void {
    // What a block of prose holds is text, unless it may hold a call.
    const block: Block = { ...opening, first: line, held: "" };
    this.#block = block;
    if (block.prose && !(this.#repair && block.label === "json")) {
      block.held = undefined;
      this.#pass(line);
    }
    if (block.code !== undefined) this.#first(block, `${block.code}\n`);
    if (block.closed) this.#close(block, "");
  }

  /** Takes lines of a block until one of them tells its language. */
  #first(block: Block, line: string): void {
    block.held += this.#outdented(line);
    const told = line.trim();
    if (told === "") return;
    if (this.#repair && callStart.test(told)) this.#beginCall(block.held ?? "", block);
    else if (block.label === "" && isRunnable(told)) {
      block.label = told.toLowerCase();
      block.held = "";
    } else this.#begin(block, told);
  }

  #begin(block: Block, firstLine: string): void {
    const held = block.held ?? "";
    block.held = undefined;
    if (block.prose) this.#pass(block.first);
    else this.#pieces.push({ kind: "code-start", language: languageOf(block.label, firstLine, "python") });
    if (held !== "") this.#codeLine(block, held);
  }

  #close(block: Block, line: string): void {
    if (this.#block !== block) return;
    if (block.held !== undefined) this.#begin(block, "");
    if (this.#block !== block) return;
    this.#block = undefined;
    if (!block.prose) this.#pieces.push({ kind: "code-end" });
    else if (line !== "") this.#pass(line);
  }

  /** A line, or a part of one, that is no marker as a whole; its end may be one. */
  #middle(text: string, complete: boolean): void {
    const block = this.#block;
    if (block?.prose || (!block && !this.#repair)) this.#pass(text);
    else if (!complete) {
      const at = block ? syntax.gluedCloseAt(text, block) : syntax.openingAfterTextAt(text);
      this.#held = text.slice(at);
      this.#pass(text.slice(0, at));
    } else if (block) this.#codeLine(block, text);
    else {
      const after = syntax.openingAfterText(text);
      this.#pass(after ? `${after.before}\n` : text);
      if (after) this.#open(after.opening, "");
    }
  }

  #codeLine(block: Block, text: string): void {
    const glued = syntax.gluedClose(text, block);
    this.#pass(glued === undefined ? text : `${glued}\n`);
    if (glued !== undefined) this.#close(block, "");
  }

  /** A block that stands in a list is indented as the list is. */
  #outdented(line: string): string {
    let at = 0;
    while (at < (this.#block?.indent ?? 0) && /[ \t]/.test(line[at] ?? "")) at += 1;
    return line.slice(at);
  }

  #mayBeMarker(start: string): boolean {
    if (start.trim() === "") return true;
    if (this.#block) return this.#block.held !== undefined || syntax.mayClose(start, this.#block);
    return syntax.mayOpen(start, this.#repair) || (this.#repair && mayBeCall.test(start));
  }

  #pass(text: string): void {
    if (text === "") return;
    const kind = this.#block && !this.#block.prose ? "code" : "text";
    const last = this.#pieces.at(-1);
    if (last?.kind === kind) this.#pieces[this.#pieces.length - 1] = { kind, text: last.text + text };
    else this.#pieces.push({ kind, text });
  }

  #stillBare(bare: BareCode): boolean {
    const line = this.#held;
    if (!this.#beginsCall(line) && syntax.openingOf(line.trimEnd(), true) === undefined) {
      if (!line.endsWith("\n") && (bare.text.trim() !== "" || mayBeginCode(line))) return true;
      if (line.endsWith("\n") && bare.take(line)) {
        this.#held = "";
        return true;
      }
    }
    this.#bare = undefined;
    this.#pass(bare.text);
    return false;
  }

  #endBare(bare: BareCode): void {
    this.#bare = undefined;
    const whole = this.#held === "" || bare.take(this.#held);
    if (whole) this.#held = "";
    if (whole && bare.language !== undefined) {
      this.open = "bare";
      this.#pieces.push({ kind: "code-start", language: bare.language });
      this.#pieces.push({ kind: "code", text: bare.text }, { kind: "code-end" });
    } else this.#pass(bare.text);
  }

  #beginsCall(line: string): boolean {
    return this.#repair && !this.#block && callStart.test(line);
  }

  #beginCall(text: string, block: Block | undefined): void {
    this.#call = { code: new CalledCode(), block, raw: "", begun: false };
    this.#readCall(this.#call, text);
  }

  #readCall(call: Call, text: string): void {
    call.raw += text;
    const { code, rest } = call.code.write(text);
    this.#callCode(call, code);
    if (call.code.ended) this.#endCall(call, rest);
  }

  #callCode(call: Call, code: string): void {
    if (code === "") return;
    if (!call.begun) {
      const language = languageOf(call.code.language ?? "", code.split("\n", 1)[0] ?? "", "python");
      this.#pieces.push({ kind: "code-start", language });
    }
    call.begun = true;
    this.#pieces.push({ kind: "code", text: code });
  }

  #endCall(call: Call, rest = ""): void {
    this.#callCode(call, call.code.end());
    this.#call = undefined;
    this.#block = undefined;
    if (!call.begun) {
      this.#pass((call.block?.first ?? "") + call.raw);
      return;
    }
    this.#pieces.push({ kind: "code-end" });
    this.#remains = callRemains(call.block !== undefined);
    if (rest === "") return;
    const [line = "", ...further] = rest.split(/(?<=\n)/);
    this.#chunk(line);
    for (const next of further) this.#chunk(next);
  }

  /** Drops the brackets, tags and fences that a call leaves behind; true while there may be more of them. */
  #dropRemains(remains: RegExp): boolean {
    const line = this.#held;
    if (remains.test(line)) {
      if (line.endsWith("\n")) this.#held = "";
      return true;
    }
    this.#remains = undefined;
    this.#held = line.replace(/^[ \t)}\];,]*/, "");
    return false;
  }
}
