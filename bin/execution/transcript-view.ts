import type { EventOf, RunEvent } from "../../core/contract/index.ts";
import {
  BranchesInTurn,
  missingEvents,
  printable,
  printableJson,
  printableLines,
  SettledEvents,
  succeeded,
  TranscriptText,
} from "../../core/kit/index.ts";
import { errorLine } from "../output/failure.ts";
import { MarkdownStream } from "../output/markdown.ts";
import type { Outputs } from "../output/output.ts";
import { type OutputName, Screen } from "../output/screen.ts";
import { bytes, duration, painter, wantsColour } from "../output/style.ts";
import { approvalText, contentOf, type ProgramRunView } from "./program-view.ts";

export interface TranscriptViewOptions {
  /** What is answered to a program is typed at this terminal, which shows it by itself. */
  readonly echoed?: boolean;
  /** How pictures are saved here. Default: `--get DIR saves it`. */
  readonly saving?: string;
}

/** Told at once, whichever branch they are of. */
const urgent: ReadonlySet<RunEvent["type"]> = new Set([
  ...(["error", "gap", "input-request", "input-response", "approval-request"] as const),
]);

/**
 * A conversation as it happens: the answer's text, its code between fences, what the code printed and showed. That goes
 * to stdout; what is said about it (which model, a failed attempt, an exit code) goes to stderr. Branches that ran at
 * once come one after the other: on a terminal as they go, in a file those alone that count.
 */
export class TranscriptView implements ProgramRunView {
  readonly #screen: Screen;
  readonly #order: SettledEvents<RunEvent> | BranchesInTurn<RunEvent>;
  readonly #text: TranscriptText;
  readonly #paint: ReturnType<typeof painter>;
  readonly #note: ReturnType<typeof painter>;
  readonly #isLive: boolean;
  /** Draws what models say, where there are colours to draw with. */
  readonly #markdown: MarkdownStream | undefined;
  readonly #echoed: boolean;
  readonly #saving: string;
  readonly #labels = new Map<string, string>();
  /** What the last error said. */
  #error: string | undefined;

  constructor(outputs: Outputs, options: TranscriptViewOptions = {}) {
    this.#screen = new Screen(outputs);
    this.#isLive = outputs.stdout.isTerminal;
    this.#order = this.#isLive ? new BranchesInTurn<RunEvent>() : new SettledEvents<RunEvent>();
    this.#text = new TranscriptText({ show: "code", line: this.#screen.line("stdout") });
    this.#paint = painter(outputs.stdout.stream);
    this.#note = painter(outputs.stderr.stream);
    const isDrawn = this.#isLive && wantsColour(outputs.stdout.stream);
    this.#markdown = isDrawn ? new MarkdownStream(this.#paint) : undefined;
    this.#echoed = options.echoed ?? false;
    this.#saving = options.saving ?? "--get DIR saves it";
  }

  /** The line on stdout that has no end yet, such as a program's question. */
  get begun(): string {
    return this.#screen.begun;
  }

  async show(event: RunEvent): Promise<void> {
    const isUrgent = !this.#isLive && urgent.has(event.type);
    if (isUrgent) await this.#show(event);
    for (const each of this.#order.read(event))
      if (!isUrgent && !(urgent.has(each.type) && !this.#isLive)) await this.#show(each);
  }

  async #show(event: RunEvent): Promise<void> {
    const screen = this.#screen;
    await this.#words(event);
    switch (event.type) {
      case "branch-start":
        this.#labels.set(event.branch ?? "", event.data.label);
        return;
      case "branch-end":
        return this.#branchEnded(event);
      case "model-start":
        return this.#say(`${event.source}: ${event.data.model}`, true);
      case "text-end":
        return screen.freshLine("stdout");
      case "reasoning-delta":
        if (!screen.output("stderr").isTerminal) return;
        return screen.write("stderr", this.#note("dim", printableLines(event.data.text)));
      case "exec-stdout":
        return screen.write("stdout", contentOf(event.data));
      case "exec-stderr":
        return screen.write("stderr", contentOf(event.data));
      case "exec-result":
        return this.#result(event.data);
      case "exec-file":
        return this.#say(`wrote ${event.data.path} (${bytes(event.data.size)})`);
      case "exec-end":
        return this.#ended(event.data);
      case "input-request":
        return screen.write("stdout", event.data.prompt);
      case "input-response":
        return this.#answered(event.data.text);
      case "approval-request":
        return this.#tell(approvalText(event.data, screen.output("stderr")));
      case "rewind":
        // What was told as an error just now is not told again.
        return this.#say(`the answer above is void${this.#told(event.data.reason) ? "" : `: ${event.data.reason}`}`);
      case "error":
        this.#error = event.data.message;
        return this.#tell(errorLine(event.data, screen.output("stderr").stream));
      case "gap":
        return this.#say(missingEvents(event.data));
      case "run-end":
        await screen.freshLine("stderr");
        return screen.freshLine("stdout");
      default:
    }
  }

  #told(reason: string): boolean {
    return this.#error !== undefined && reason.endsWith(this.#error);
  }

  /** A model's words must not act on the terminal; a file gets them as they are. */
  #said(text: string): string {
    return this.#isLive ? printableLines(text) : text;
  }

  #drawn(isMarkdown: boolean, text: string): string {
    return isMarkdown && this.#markdown !== undefined ? this.#markdown.write(text) : text;
  }

  async #words(event: RunEvent): Promise<void> {
    const isText = event.type === "text-delta";
    // Whatever else happens comes after the words that were held.
    const held = isText ? "" : (this.#markdown?.end() ?? "");
    if (held !== "") await this.#screen.put("stdout", held);
    if (isText || event.type === "code-delta") await this.#screen.turnTo("stdout");
    for (const { kind, text } of this.#text.read(event)) {
      const said = this.#drawn(kind === "words" && isText, this.#said(text));
      await this.#screen.put("stdout", kind === "mark" && said !== "\n" ? this.#paint("dim", said) : said);
    }
  }

  /** Something of ours, on a line of its own. */
  async #tell(text: string, name: OutputName = "stderr"): Promise<void> {
    await this.#screen.freshLine(name);
    await this.#screen.write(name, text);
  }

  /** Which model answers is worth a line where somebody watches, and noise in a file. */
  async #say(text: string, onlyOnTerminals = false): Promise<void> {
    if (onlyOnTerminals && !this.#screen.output("stderr").isTerminal) return;
    await this.#tell(`${this.#note("dim", `[${printable(text)}]`)}\n`);
  }

  async #branchEnded({ branch = "", data: { status } }: EventOf<"branch-end">): Promise<void> {
    if (status === "ok") return;
    await this.#say(`${this.#labels.get(branch) ?? branch}: ${status}`, true);
  }

  /** What was typed at a terminal stands on it already, its end of line as well. */
  async #answered(text: string | null): Promise<void> {
    if (this.#echoed) this.#screen.lineEnded();
    else await this.#screen.write("stdout", `${printable(text ?? "")}\n`);
  }

  async #result({ data }: EventOf<"exec-result">["data"]): Promise<void> {
    const picture = Object.keys(data).find((mime) => mime.startsWith("image/"));
    if (picture !== undefined) return this.#say(`${picture}, ${sizeOf(data[picture])}; ${this.#saving}`);
    const text = data["text/plain"] ?? data["text/markdown"];
    await this.#tell(typeof text === "string" ? `${this.#said(text)}\n` : `${printableJson(data)}\n`, "stdout");
  }

  async #ended(end: EventOf<"exec-end">["data"]): Promise<void> {
    for (const name of ["stderr", "stdout"] as const) {
      await this.#screen.restore(name);
      await this.#screen.freshLine(name);
    }
    if (succeeded(end)) return;
    const how = end.status === "exited" ? `exit code ${end.exitCode}` : (end.signal ?? end.status);
    const lost = end.stateLost ? ", its variables are lost" : "";
    await this.#say(`the program ended: ${how} after ${duration(end.wallMs)}${lost}`);
  }
}

function sizeOf(base64: unknown): string {
  return typeof base64 === "string" ? bytes(Math.floor((base64.length * 3) / 4)) : "size unknown";
}
