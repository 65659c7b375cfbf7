import type { EventData, RunEvent } from "../../contract/event.ts";
import { cutText, cutTextsStart } from "../text/cut-text.ts";
import { succeeded } from "../transcript/parts.ts";
import { searchedNames } from "./searched-names.ts";

/** Characters that a search looks at of each: the input, and the beginning and the end of what was said and printed. */
const searched = { input: 20_000, head: 12_000, tail: 12_000 };
const reasonLength = 300;
/** Characters of a run's input that its record shows. */
const inputLength = 200;

/** The input as a list of runs shows it. */
export function shownInput({ text, code }: EventData["run-start"]["input"]): string {
  return cutText(text ?? code ?? "", inputLength);
}

/** For stores: what a run's record tells beyond its start and its end, gathered from its events in bounded memory. */
export class RunSummary {
  readonly #models = new Set<string>();
  #head = "";
  #tail = "";
  #input = "";
  #failure: string | undefined;

  add(event: RunEvent): void {
    switch (event.type) {
      case "run-start": {
        const { input } = event.data;
        this.#input = cutText(`${searchedNames(event.data)}\n${input.text ?? input.code ?? ""}`, searched.input);
        return;
      }
      case "model-start":
        this.#models.add(event.data.model).add(event.source);
        return;
      case "text-delta":
      case "code-delta":
        this.#write(event.data.text);
        return;
      case "exec-stdout":
      case "exec-stderr":
        this.#write(event.data.text ?? "");
        return;
      case "exec-result":
        if (typeof event.data.data["text/plain"] !== "string") return;
        this.#write(event.data.data["text/plain"]);
        this.#write("\n");
        return;
      case "exec-end": {
        const { error } = event.data;
        if (succeeded(event.data)) this.#failure = undefined;
        else if (error) this.#failed(error.message === "" ? error.name : `${error.name}: ${error.message}`, error.line);
        return;
      }
      case "error":
        this.#failed(event.data.message);
        this.#write(`\n${event.data.code}\n`);
        return;
    }
  }

  get models(): readonly string[] {
    return [...this.#models];
  }

  /** Whether its start was seen: the end of a run that another process left may be all there is. */
  get isWhole(): boolean {
    return this.#input !== "";
  }

  /** Why the run failed, in the words that say most. */
  reason(given: string | undefined): string | undefined {
    return this.#failure ?? given;
  }

  /** In small letters, as searches are. */
  get text(): string {
    const { models } = this;
    return [this.#input, ...models, this.#failure ?? "", this.#head, this.#tail].join("\n").toLowerCase();
  }

  #failed(message: string, line?: number): void {
    this.#failure = cutText(line === undefined ? message : `${message}, line ${line}`, reasonLength);
  }

  #write(text: string): void {
    const room = searched.head - this.#head.length;
    if (room > 0) this.#head += cutText(text, room);
    const rest = room > 0 ? text.slice(room) : text;
    if (rest !== "") this.#tail = cutTextsStart(this.#tail, rest, searched.tail);
  }
}
