import { ToolArguments } from "../model/tool-arguments.ts";

/** A line that begins a call in words, as models write it that were taught another system's tools. */
export const callStart = /^\s*(?:functions\.execute\s*\(|<tool_call>|\{\s*"(?:language|code)"\s*:)/;
/** What a line has in common with the above while it is still being written. */
export const mayBeCall =
  /^\s*(f|fu|fun|func|funct|functi|functio|function|functions|functions\.\w*|<|<t\w*|\{\s*"?\w*)$/;

/** What a call leaves behind its arguments: brackets, a closing tag, and the fence it stood in. */
export function callRemains(fenced: boolean): RegExp {
  return fenced ? /^[\s)}\];,]*(<[\w/]*>?)?[\s`~]*$/ : /^[\s)}\];,]*(<[\w/]*>?)?\s*$/;
}

const object = /\{\s*"(?:language|code)"\s*:/;

/** Reads the code of a call that a model wrote into its text instead of making it, while it is being written. */
export class CalledCode {
  readonly #arguments = new ToolArguments();
  #before = "";
  #found = false;

  get language(): string | undefined {
    return this.#arguments.language;
  }

  /** Whether the call's arguments have ended. */
  get ended(): boolean {
    return this.#arguments.ended;
  }

  /** Takes more text; returns the code it held, and what came after the arguments. */
  write(text: string): { readonly code: string; readonly rest: string } {
    let input = text;
    if (!this.#found) {
      this.#before += text;
      const start = this.#before.search(object);
      if (start < 0) return { code: "", rest: "" };
      this.#found = true;
      input = this.#before.slice(start);
    }
    let code = "";
    let at = 0;
    while (at < input.length && !this.ended) code += this.#arguments.write(input[at++] ?? "");
    return { code: this.ended ? code + this.#arguments.end() : code, rest: input.slice(at) };
  }

  /** No more comes. */
  end(): string {
    return this.#arguments.end();
  }
}
