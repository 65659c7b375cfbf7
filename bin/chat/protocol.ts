import { writeFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import type { RunEvent } from "../../core/contract/index.ts";
import { TranscriptView } from "../execution/transcript-view.ts";
import { Output } from "../output/output.ts";

/** What was said in a conversation, as `/save` writes it: each question as a heading, then the answer as `ask` prints it. */
export class Protocol {
  readonly #turns: string[] = [];
  #view: TranscriptView | undefined;
  #sink: PassThrough | undefined;
  #chunks: Buffer[] = [];

  begin(question: string): void {
    this.#end();
    const sink = new PassThrough();
    sink.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    const output = new Output(sink as unknown as NodeJS.WriteStream);
    this.#sink = sink;
    this.#view = new TranscriptView({ stdout: output, stderr: output });
    this.#turns.push(`## ${question.trim().replace(/\n+/g, "\n\n")}\n`);
  }

  async observe(event: RunEvent): Promise<void> {
    await this.#view?.show(event);
  }

  /** The last question and its answer are taken back. */
  undo(): void {
    this.#end();
    this.#turns.splice(-2);
  }

  clear(): void {
    this.#end();
    this.#turns.length = 0;
  }

  /** Never over a file that is there. @throws Error of the file system */
  async save(file: string): Promise<void> {
    this.#end();
    await writeFile(file, `${this.#turns.join("\n")}`, { flag: "wx" });
  }

  #end(): void {
    if (this.#sink === undefined) return;
    this.#turns.push(`${Buffer.concat(this.#chunks).toString("utf8").trimEnd()}\n`);
    this.#chunks = [];
    this.#sink = undefined;
    this.#view = undefined;
  }
}
