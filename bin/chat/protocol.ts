import { writeFile } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import type { RunEvent } from "../../core/contract/index.ts";
import { markdownBlocks } from "../../core/kit/index.ts";

/** What was said in a conversation, as `/save` writes it: each question as a heading, then the answer to it. */
export class Protocol {
  readonly #turns: RunEvent[][] = [];

  begin(): void {
    this.#turns.push([]);
  }

  observe(event: RunEvent): void {
    this.#turns.at(-1)?.push(event);
  }

  /** The last question and its answer are taken back. */
  undo(): void {
    this.#turns.pop();
  }

  clear(): void {
    this.#turns.length = 0;
  }

  /** Never over a file that is there. @throws Error of the file system */
  async save(file: string): Promise<void> {
    const blocks = this.#turns.flatMap((events) => [...markdownBlocks(events, plain), ...endOf(events)]);
    await writeFile(file, blocks.map((block) => `${block}\n`).join("\n"), { flag: "wx" });
  }
}

/** An answer that is not whole says so here as well. */
function endOf(events: readonly RunEvent[]): string[] {
  const end = events.at(-1);
  if (end?.type !== "run-end" || end.data.status === "ok" || end.data.status === "failed") return [];
  return [`**${end.data.status}**: the answer above is not whole`];
}

/** Without colours, and of a line that was written over what is left at last. */
function plain(output: string): string {
  return stripVTControlCharacters(output).replace(/^[^\n]*\r(?=[^\r\n])/gm, "");
}
