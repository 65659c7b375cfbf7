import { isRunnable, isTranscript, languageOf } from "../kit/text/code-language.ts";
import { BareCode, mayBeginCode } from "./bare-code.ts";
import { isCallStart, mayBeCall } from "./call-syntax.ts";
import { Containers, outdented } from "./containers.ts";
import * as syntax from "./fence-syntax.ts";
import { type AnswerPiece, type OpenCode, Pieces, type TextCalls } from "./pieces.ts";
import { WrittenCall } from "./written-call.ts";

interface Block extends Omit<syntax.FenceStart, "label" | "prose"> {
  label: string;
  prose: boolean;
  /** What has come of it before its first line told its language, which is then undefined. */
  held: string | undefined;
  /** The line that began it, for blocks that turn out to be text. */
  readonly first: string;
}

export interface FenceOptions {
  /** Whether code will run: then slips of form are repaired, and code without any fence counts. */
  readonly repair?: boolean;
  readonly calls?: TextCalls;
}

/**
 * Finds blocks of code in a model's text while it streams. Three things are held back: the start of a line that may
 * still become a fence; a block's first line, which tells its language; and an answer that so far is nothing but code.
 */
export class FenceReader {
  readonly #repair: boolean;
  readonly #calls: TextCalls;
  readonly #pieces = new Pieces();
  /** The unfinished line so far, as far as it was held back. */
  #held = "";
  /** Whether the present line has already been let through in part. */
  #midLine = false;
  #block: Block | undefined;
  /** What the present line, or the block, stands in. */
  readonly #containers = new Containers();
  #call: WrittenCall | undefined;
  /** Set after a call: what is left of it on its line and the next ones. */
  #remains: RegExp | undefined;
  /** Set while the answer has been nothing but code. */
  #bare: BareCode | undefined;
  /** How the code that `end` found open was left; undefined where all code was closed. */
  open: OpenCode | undefined;
  /** Why a call in the text was no program; its words stay text. */
  callFault: string | undefined;

  constructor({ repair = false, calls = "run" }: FenceOptions = {}) {
    this.#repair = repair;
    this.#calls = calls;
    if (repair) this.#bare = new BareCode();
  }

  write(text: string): AnswerPiece[] {
    for (const chunk of text.match(/[^\n]*\n|[^\n]+/g) ?? []) this.#chunk(chunk);
    return this.#pieces.taken();
  }

  /** The answer is over: a fence that was not closed is closed here. */
  end(): AnswerPiece[] {
    this.open = undefined;
    if (this.#bare) this.#endBare(this.#bare);
    if (this.#call && !this.#endCall(this.#call)) this.open = "call";
    const rest = this.#remains?.test(this.#held) ? "" : this.#held;
    this.#held = "";
    if (this.#midLine && this.#block) this.#middle(rest, true);
    else if (this.#midLine) this.#pass(rest);
    else if (rest !== "") this.#line(rest);
    const block = this.#block;
    // An empty block is no program. It may have been the last fence of something else.
    if (block && this.#repair && block.held?.trim() === "") {
      this.#block = undefined;
      this.#pass(block.first);
    } else if (block) this.#close(block, "");
    if (block && !block.prose) this.open = "fence";
    this.#midLine = false;
    return this.#pieces.taken();
  }

  /** Whether what was written so far ends inside a block or a call. */
  get inBlock(): boolean {
    return this.#block !== undefined || this.#call !== undefined;
  }

  #chunk(chunk: string): void {
    if (this.#call) {
      this.#readCall(this.#call, chunk);
      return;
    }
    this.#held += chunk;
    if (this.#remains && this.#dropRemains(this.#remains)) return;
    if (this.#beganCall()) return;
    if (this.#mayBeginCall() && mayBeCall(this.#held)) return;
    // What looked like a call over several lines and is none is read line by line.
    const lines = this.#held.split(/(?<=\n)/);
    this.#held = "";
    for (const line of lines) {
      this.#held += line;
      this.#part();
    }
  }

  /** Takes the line that is held, or as much of it as there is. */
  #part(): void {
    if (this.#bare && this.#stillBare(this.#bare)) return;
    if (this.#beganCall()) return;
    const text = this.#held;
    const complete = text.endsWith("\n");
    if (!this.#midLine && !complete && this.#mayBeMarker(text)) return;
    this.#held = "";
    if (this.#midLine) this.#middle(text, complete);
    else if (complete) this.#line(text);
    else {
      if (!this.#block) this.#containers.enter(text);
      this.#middle(this.#outdented(text), false);
    }
    this.#midLine = !complete;
  }

  #line(line: string): void {
    const bare = line.replace(/\r?\n$/, "");
    const block = this.#block;
    const inner = block && this.#containers.inside(bare, this.#repair);
    if (block && inner !== undefined && syntax.closes(inner, block)) this.#close(block, line);
    else if (block && inner !== undefined && !(this.#repair && !block.prose && syntax.reopens(inner, block))) {
      if (block.held === undefined) this.#middle(this.#outdented(line), true);
      else this.#first(block, line);
    } else {
      // The quote or the list that the block stood in has ended, or another block begins.
      if (block) this.#close(block, "");
      const opening = syntax.openingOf(this.#containers.enter(bare), this.#repair);
      if (opening) this.#open(opening, line);
      else this.#middle(line, true);
    }
  }

  #open(opening: syntax.FenceStart, line: string): void {
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
    block.held = (block.held ?? "") + this.#outdented(line);
    const told = line.trim();
    if (told === "") return;
    if (this.#repair && isCallStart(block.held)) this.#beginCall(block.held, block);
    else if (this.#repair && mayBeCall(block.held)) return;
    else if (block.label === "" && isRunnable(told)) {
      block.label = told.toLowerCase();
      block.held = "";
    } else this.#begin(block, told);
  }

  #begin(block: Block, firstLine: string): void {
    const held = block.held ?? "";
    block.held = undefined;
    // A session that was copied is nothing to run.
    block.prose ||= this.#repair && isTranscript(block.label, firstLine);
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
    const glued = this.#repair || block.marker === "</code>" ? syntax.gluedClose(text, block) : undefined;
    this.#pass(glued === undefined ? text : `${glued}\n`);
    if (glued !== undefined) this.#close(block, "");
  }

  /** A line of a block without the markers and the indentation of what it stands in. */
  #outdented(line: string): string {
    const block = this.#block;
    return block ? outdented(this.#containers.inside(line, this.#repair) ?? line, block.indent) : line;
  }

  #mayBeMarker(start: string): boolean {
    if (start.trim() === "") return true;
    if (this.#block) {
      const inner = this.#containers.inside(start, this.#repair);
      if (inner === undefined || inner.trim() === "" || this.#block.held !== undefined) return true;
      return syntax.mayClose(inner, this.#block);
    }
    const rest = this.#containers.peek(start);
    return rest === undefined || syntax.mayOpen(rest, this.#repair);
  }

  #pass(text: string): void {
    this.#pieces.add(this.#block && !this.#block.prose ? "code" : "text", text);
  }

  #stillBare(bare: BareCode): boolean {
    const line = this.#held;
    if (!isCallStart(line) && syntax.openingOf(line.trimEnd(), true) === undefined) {
      if (!line.endsWith("\n") && (!bare.isBlank || mayBeginCode(line))) return true;
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

  /** Calls begin a line, and not in the middle of a program. */
  #mayBeginCall(): boolean {
    return this.#repair && !this.#block && !this.#midLine && (this.#bare?.isBlank ?? true);
  }

  #beganCall(): boolean {
    if (!this.#mayBeginCall() || !isCallStart(this.#held)) return false;
    this.#beginCall(this.#held, undefined);
    return true;
  }

  #beginCall(text: string, block: Block | undefined): void {
    this.#call = new WrittenCall(block?.first, this.#calls);
    this.#bare = undefined;
    this.#held = "";
    this.#readCall(this.#call, text);
  }

  #readCall(call: WrittenCall, text: string): void {
    const { pieces, rest } = call.write(text);
    this.#pieces.push(...pieces);
    if (call.ended) this.#endCall(call, rest);
  }

  /** False where the call was not written to its end. */
  #endCall(call: WrittenCall, rest = ""): boolean {
    this.#pieces.push(...call.end());
    this.callFault ??= call.fault;
    this.#call = undefined;
    this.#block = undefined;
    this.#remains = call.remains;
    for (const line of rest.split(/(?<=\n)/)) if (line !== "") this.#chunk(line);
    return call.ended;
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
