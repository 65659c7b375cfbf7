import {
  type OutputData,
  type OutputStream,
  outputText,
  type ProgramRecord,
  type ShownValue,
} from "../../core/kit/index.ts";
import { ToolText } from "./bounded-text.ts";
import { contentOfValue, type ToolPicture } from "./values.ts";

/** What the programs of one answer may show in all; what comes beyond is counted. */
export class Allowance {
  leftOut = 0;
  #values: number;
  #pictures: number;

  /** `values`: how many; `pictures`: their characters of base64. */
  constructor(values: number, pictures: number) {
    this.#values = values;
    this.#pictures = pictures;
  }

  admit(content: ToolPicture | string, instead?: ToolPicture | string): boolean {
    const more = sizeOf(content) - sizeOf(instead);
    if ((instead === undefined && this.#values === 0) || more > this.#pictures) {
      this.leftOut += 1;
      return false;
    }
    if (instead === undefined) this.#values -= 1;
    this.#pictures -= more;
    return true;
  }
}

interface ShownItem {
  readonly displayId?: string;
  content: ToolPicture | string;
}

/** One text of each stream for a program: pieces by turns would be many, and hard to read. */
export class BoundedRecord implements ProgramRecord {
  readonly stdout: ToolText;
  readonly stderr: ToolText;
  readonly shown: ShownItem[] = [];
  readonly #allowance: Allowance;

  /** `limit`: characters of each text. */
  constructor(limit: number, allowance: Allowance) {
    this.stdout = new ToolText(limit);
    this.stderr = new ToolText(limit);
    this.#allowance = allowance;
  }

  write(stream: OutputStream, data: OutputData): void {
    this[stream].append(outputText(data));
  }

  show({ data, displayId }: ShownValue): void {
    const content = contentOfValue(data);
    if (content === undefined || !this.#allowance.admit(content)) return;
    this.shown.push({ content, ...(displayId === undefined ? {} : { displayId }) });
  }

  update({ data, displayId }: ShownValue): boolean {
    const same = this.shown.filter((each) => each.displayId === displayId);
    const content = contentOfValue(data);
    for (const each of same) {
      if (content !== undefined && this.#allowance.admit(content, each.content)) each.content = content;
    }
    return same.length > 0;
  }
}

function sizeOf(content: ToolPicture | string | undefined): number {
  return typeof content === "object" ? content.data.length : 0;
}
