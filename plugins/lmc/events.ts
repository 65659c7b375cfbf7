import type { EventData, RunEvent } from "../../core/contract/index.ts";
import { BranchesInTurn } from "../../core/kit/index.ts";
import type { ChunkWriter } from "./chunks.ts";

const message = { role: "assistant", type: "message" } as const;
const output = { role: "computer", type: "console", format: "output" } as const;
const activeLine = { role: "computer", type: "console", format: "active_line" } as const;

/** Turns the events of one run into chunks. */
export class EventTranslator {
  readonly #writer: ChunkWriter;
  readonly #turns = new BranchesInTurn<RunEvent>();
  #language = "python";

  constructor(writer: ChunkWriter) {
    this.#writer = writer;
  }

  /** The protocol knows no branches: those that run at once are told one after the other. */
  translate(event: RunEvent): void {
    for (const each of this.#turns.read(event)) this.#translate(each);
  }

  #translate(event: RunEvent): void {
    const writer = this.#writer;
    switch (event.type) {
      case "text-delta":
        writer.write(message, event.data.text);
        break;
      case "code-start":
        this.#language = event.data.language;
        writer.begin({ role: "assistant", type: "code", format: this.#language });
        break;
      case "code-delta":
        writer.write({ role: "assistant", type: "code", format: this.#language }, event.data.text);
        break;
      case "text-end":
      case "code-end":
        writer.end();
        break;
      case "exec-start":
        // Which line runs is not known here; the first one is told, so that clients show that something does.
        writer.write(activeLine, 1);
        break;
      case "exec-stdout":
      case "exec-stderr":
        writer.write(output, textOf(event.data));
        break;
      case "exec-result":
        this.#result(event.data.data);
        break;
      case "exec-end":
        writer.write(activeLine, null);
        writer.end();
        break;
    }
  }

  #result(bundle: Readonly<Record<string, unknown>>): void {
    const writer = this.#writer;
    for (const format of ["png", "jpeg"]) {
      const picture = bundle[`image/${format}`];
      if (typeof picture !== "string") continue;
      writer.write({ role: "computer", type: "image", format: `base64.${format}` }, picture);
      return;
    }
    for (const [mime, format] of [
      ["text/html", "html"],
      ["application/javascript", "javascript"],
    ] as const) {
      if (typeof bundle[mime] !== "string") continue;
      writer.write({ role: "computer", type: "code", format }, bundle[mime]);
      return;
    }
    if (typeof bundle["text/plain"] === "string") writer.write(output, `${bundle["text/plain"]}\n`);
  }
}

/** Output as text; bytes that are not UTF-8 become replacement characters, which is all the protocol can carry. */
function textOf({ text, base64 = "" }: EventData["exec-stdout"]): string {
  return text ?? Buffer.from(base64, "base64").toString("utf8");
}
