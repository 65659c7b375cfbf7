import { type CallResult, isTool, programOf, toolOf } from "../kit/upstream/answer/arguments.ts";
import { jsonOf, objectOf, objectsOf, textOf } from "../kit/upstream/answer/json.ts";
import { ToolArguments } from "../kit/upstream/tool-arguments.ts";

const object = /\{\s*"(?:language|code)"\s*:/;
/** Calls as Qwen's coders and others write them: a tag for each argument. */
const tagged = /<function=|<parameter=|<invoke\s/;
const endOfTagged = /<\/(?:function|invoke|tool_call|function_calls)>/;
const parameter = /<parameter(?:=|\s+name=)"?(\w+)(?!\w)[^<>]*>/g;
const endOfParameter = "</parameter>";
const program = /^\s*<\|python_tag\|>\s*(?![\s{])/;

/** Characters within which the beginning or the end of a call stands. */
const overlap = 1_000;

/** Reads the code of a call that a model writes into its text instead of making it. */
export class CalledCode {
  readonly #arguments = new ToolArguments();
  #before = "";
  #found = false;
  #isTagged = false;
  #over = false;
  #language: string | undefined;
  /** Why it is no program, once that is known. */
  fault: string | undefined;

  get language(): string | undefined {
    return this.#language ?? this.#arguments.language;
  }

  /** Whether the call has ended. */
  get ended(): boolean {
    return this.#over || this.#arguments.ended;
  }

  /** Takes more text; returns the code it held, and what came after the call. */
  write(text: string): { readonly code: string; readonly rest: string } {
    let input = text;
    if (!this.#found) {
      // Of what was looked at before, only the end may hold a part of what is looked for.
      const from = Math.max(0, this.#before.length - overlap);
      this.#before += text;
      if (program.test(this.#before.slice(0, overlap))) return { code: "", rest: "" };
      this.#isTagged ||= tagged.test(this.#before.slice(from));
      if (this.#isTagged) return this.#tagged(from);
      const found = this.#before.slice(from).search(object);
      const start = found < 0 ? -1 : from + found;
      if (start < 0 || !isTool(nameIn(this.#before.slice(0, start)))) return { code: "", rest: "" };
      this.#found = true;
      input = this.#before.slice(start);
    }
    let code = "";
    let at = 0;
    while (at < input.length && !this.ended) code += this.#arguments.write(input[at++] ?? "");
    return { code: this.ended ? code + this.#arguments.end() : code, rest: input.slice(at) };
  }

  /** No more comes: the code that was held back. */
  end(): string {
    if (this.#found || this.#over) return this.#arguments.end();
    const raw = program.exec(this.#before);
    const result = raw
      ? { ok: true as const, language: "python", code: this.#before.slice(raw[0].length).replace(/<\|\w+\|>\s*$/, "") }
      : wholeCall(this.#before);
    if (!result.ok) {
      this.fault = result.why;
      return "";
    }
    this.#over = true;
    this.#language = result.language;
    return result.code;
  }

  #tagged(from: number): { readonly code: string; readonly rest: string } {
    const end = endOfTagged.exec(this.#before.slice(from));
    if (!end) return { code: "", rest: "" };
    this.#over = true;
    const rest = this.#before.slice(from + end.index + end[0].length);
    const call = this.#before.slice(0, from + end.index);
    const named = parametersIn(call);
    // Llama's models write the arguments as JSON between the tags.
    const json = named.length > 0 ? "" : between(call, "{", "}");
    const result = judged(nameIn(call), named.length > 0 ? Object.fromEntries(named) : objectOf(jsonOf(json)));
    if (!result.ok) {
      this.fault = result.why;
      return { code: "", rest: "" };
    }
    this.#language = result.language;
    return { code: result.code, rest };
  }
}

/** Names and texts of what stands in a tag for each argument. */
function parametersIn(call: string): readonly (readonly [string, string])[] {
  const named: [string, string][] = [];
  let from = 0;
  for (const { index, 0: tag, 1: name = "" } of call.matchAll(parameter)) {
    if (index < from) continue;
    const end = call.indexOf(endOfParameter, index + tag.length);
    if (end < 0) break;
    named.push([name, unframed(call.slice(index + tag.length, end))]);
    from = end;
  }
  return named;
}

/** From the first of the opening brackets to the last of the closing ones; empty without both. */
function between(text: string, opening: string, closing: string): string {
  const [first = -1] = [...opening]
    .map((each) => text.indexOf(each))
    .filter((at) => at >= 0)
    .sort((a, b) => a - b);
  const last = Math.max(...[...closing].map((each) => text.lastIndexOf(each)));
  return first >= 0 && last > first ? text.slice(first, last + 1) : "";
}

/** The arguments of a whole call: an object, or a text that holds one. */
function wholeCall(text: string): CallResult {
  const json = between(text.replace(/^\s*\[TOOL_CALLS\][^[{]*(?:\[ARGS\])?/, ""), "{[", "}]");
  const [call] = objectsOf(jsonOf(json));
  if (call === undefined) return { ok: false, why: "it is no JSON that was written to its end" };
  const name = textOf(call["name"]) || textOf(objectOf(call["function"])["name"]) || nameIn(text);
  const given = call["arguments"] ?? call["parameters"] ?? objectOf(call["function"])["arguments"] ?? call;
  return judged(name, given);
}

function judged(name: string, given: unknown): CallResult {
  if (!isTool(name)) return { ok: false, why: `there is no tool \`${name}\`; the only one is \`execute\`` };
  const result = programOf(typeof given === "string" ? given : JSON.stringify(given));
  return result.ok && result.language === undefined && name !== "execute"
    ? { ...result, language: toolOf(name) }
    : result;
}

/** A call that names no tool can only mean the one there is. */
function nameIn(text: string): string {
  const found = /"name"\s*:\s*"([^"]*)"|<function=([\w.]+)|<invoke\s+name="([^"]*)"|\[TOOL_CALLS\]\s*([\w.]+)/.exec(
    text,
  );
  return found?.slice(1).find((name) => name !== undefined) ?? "execute";
}

/** The line breaks around a value belong to its tags. */
function unframed(value: string): string {
  return value.replace(/^\r?\n/, "").replace(/\r?\n[ \t]*$/, "\n");
}
