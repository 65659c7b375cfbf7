import type { Picture } from "../contract/conversation.ts";
import type { OutputData, OutputStream, ProgramRecord, ShownValue } from "../kit/transcript/index.ts";
import { bounded, extended, withResult } from "./cut-output.ts";
import { latestOfProgram, picturesOfResult } from "./pictures.ts";

export interface ToldResult {
  readonly text: string;
  readonly displayId?: string;
}

interface ToldPicture {
  readonly picture: Picture;
  readonly displayId?: string;
}

/** What models are told of a program: the beginning and the end of its output, its first and latest results. */
export class ToldProgram implements ProgramRecord {
  stdout = "";
  stderr = "";
  #results: readonly ToldResult[] = [];
  #pictures: readonly ToldPicture[] = [];

  get results(): readonly string[] {
    return this.#results.map(({ text }) => text);
  }

  get pictures(): readonly Picture[] {
    return this.#pictures.map(({ picture }) => picture);
  }

  write(stream: OutputStream, data: OutputData): void {
    this[stream] = extended(this[stream], data.text ?? "\uFFFD");
  }

  show(value: ShownValue): void {
    const { displayId } = value;
    const named = displayId === undefined ? {} : { displayId };
    this.#results = withResult(this.#results, { text: describeResult(value.data), ...named });
    this.#addPictures(value);
  }

  update(value: ShownValue): boolean {
    const { displayId } = value;
    const isSame = (each: { readonly displayId?: string }) => each.displayId === displayId;
    if (!this.#results.some(isSame)) return false;
    const text = describeResult(value.data);
    this.#results = this.#results.map((result) => (isSame(result) ? { ...result, text } : result));
    this.#pictures = this.#pictures.filter((each) => !isSame(each));
    this.#addPictures(value);
    return true;
  }

  #addPictures({ data, displayId }: ShownValue): void {
    const added = picturesOfResult(data);
    if (added.length === 0) return;
    const all = [
      ...this.#pictures,
      ...added.map((picture) => ({ picture, ...(displayId === undefined ? {} : { displayId }) })),
    ];
    this.#pictures = all.slice(-latestOfProgram(all.map(({ picture }) => picture)).length);
  }
}

function describeResult(data: Readonly<Record<string, unknown>>): string {
  const plain = data["text/plain"];
  if (typeof plain === "string") return bounded(plain);
  return bounded(
    Object.keys(data)
      .map((mime) => `<${mime}>`)
      .join(" "),
  );
}
