import type { RunEvent } from "../../../../core/client/index.ts";

type Told = NonNullable<Extract<RunEvent, { type: "run-end" }>["data"]["stdin"]>;

/** The standard input of a run's program, to be given once more. */
export interface GivenStdin {
  /** The file that stands for it where it is not kept. */
  readonly file: string;
  /** What the run's end tells of it; undefined for a run that has not ended, or was lost. */
  readonly told: Told | undefined;
  readonly isOver: boolean;
  /** All that was read of it; undefined where it is not kept. */
  readonly content: Uint8Array | undefined;
}

/** Undefined where there was none, or nothing of it was read: a program without one reads the same. */
export function givenStdin(
  run: string,
  start: { readonly input: { readonly stdin?: true } } | undefined,
  { told, isOver }: Pick<GivenStdin, "told" | "isOver">,
): GivenStdin | undefined {
  if (start?.input.stdin !== true || told?.bytes === 0) return undefined;
  return { file: `${run.replace(/[^\w-]/g, "_")}.stdin`, told, isOver, content: contentOf(told) };
}

function contentOf(told: Told | undefined): Uint8Array | undefined {
  if (told === undefined || told.masked) return undefined;
  if (told.text !== undefined) return new TextEncoder().encode(told.text);
  return told.base64 === undefined ? undefined : Uint8Array.from(atob(told.base64), (each) => each.charCodeAt(0));
}

/** As a client sends it. */
export function sentStdin({ told, content }: GivenStdin): string | AsyncIterable<Uint8Array> | undefined {
  if (told?.text !== undefined && content !== undefined) return told.text;
  return content === undefined
    ? undefined
    : {
        async *[Symbol.asyncIterator]() {
          yield content;
        },
      };
}
