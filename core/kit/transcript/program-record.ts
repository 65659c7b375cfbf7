import type { EventData } from "../../contract/event.ts";

/** The stream that a piece of output came on. */
export type OutputStream = "stdout" | "stderr";
/** One piece of output. */
export type OutputData = EventData["exec-stdout"];
/** One result of a program: a value or a picture. */
export type ShownValue = EventData["exec-result"];

/**
 * What a reader keeps of a program's output. A reader that shows all of it keeps all; one that tells a model keeps the
 * beginning and the end.
 */
export interface ProgramRecord {
  write(stream: OutputStream, data: OutputData): void;
  show(value: ShownValue): void;
  /** Puts a value in the place of the one shown under its `displayId`. False where there is none. */
  update(value: ShownValue): boolean;
}

/** One piece of what a program gave, in its order. */
export type OutputPiece =
  | { readonly kind: OutputStream; readonly data: OutputData }
  | { readonly kind: "value"; value: ShownValue };

/** Keeps everything, in the order in which it came. */
export class WholeRecord implements ProgramRecord {
  readonly pieces: OutputPiece[] = [];

  write(stream: OutputStream, data: OutputData): void {
    this.pieces.push({ kind: stream, data });
  }

  show(value: ShownValue): void {
    this.pieces.push({ kind: "value", value });
  }

  update(value: ShownValue): boolean {
    let found = false;
    for (const piece of this.pieces) {
      if (piece.kind !== "value" || piece.value.displayId !== value.displayId) continue;
      piece.value = value;
      found = true;
    }
    return found;
  }
}
