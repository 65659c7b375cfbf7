import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { eventTypes, hostEventTypes } from "../../core/command-line.ts";
import { type HostEvent, type RunEvent, SluiceError, textOfThrown } from "../../core/contract/index.ts";
import { compileSchema, eventBounds, eventSchema, fileFault, parseJson, printableJson } from "../../core/kit/index.ts";
import { outputFailure } from "../output/output.ts";
import { boundedLines } from "./bounded-lines.ts";

export type RecordedEvent = RunEvent | HostEvent;

/** One line of a recording; the same event is always the same line. */
export function recordedLine(event: RecordedEvent): string {
  return `${printableJson(event)}\n`;
}

/** Writes events into a file of its own, which nobody else can read: they have people's texts in them. */
export class Recording implements AsyncDisposable {
  readonly #file: FileHandle;
  /** Lines are written one after the other, whoever brings them. */
  #turn: Promise<unknown> = Promise.resolve();
  count = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @throws SluiceError SLUICE_USAGE where the file is there already, or cannot be made */
  static async create(path: string): Promise<Recording> {
    try {
      return new Recording(await open(path, "wx", 0o600));
    } catch (error) {
      throw new SluiceError("SLUICE_USAGE", `${path} cannot be made: ${fileFault(error)}`, {
        cure: "Name a file that is not there yet, in a folder of yours.",
        cause: error,
      });
    }
  }

  /** @throws SluiceError SLUICE_OUTPUT_FAILED, for a full disk and the like */
  write(event: RecordedEvent): Promise<void> {
    const written = this.#turn.then(async () => {
      await this.#file.appendFile(recordedLine(event));
      this.count += 1;
    });
    this.#turn = written.catch(() => undefined);
    return written.catch((error: Error) => Promise.reject(outputFailure(error)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.#file.close();
  }
}

/**
 * The events of a recording, in order, each held to its schema. No line may have more than `longest` bytes.
 * @throws SluiceError SLUICE_RECORDING_INVALID
 */
export async function* readRecording(path: string, longest = eventBounds.bytes): AsyncGenerator<RecordedEvent> {
  const ended = new Set<string>();
  const last = new Map<string, number>();
  let number = 0;
  const refuse = (why: string): SluiceError =>
    new SluiceError("SLUICE_RECORDING_INVALID", number === 0 ? `${path} ${why}` : `${path}:${number} ${why}`);
  try {
    for await (const line of boundedLines(createReadStream(path), longest)) {
      number += 1;
      if (line === undefined) throw refuse(`has more than ${longest} bytes in one line`);
      const event = eventOf(line, refuse);
      if ("run" in event) {
        if (ended.has(event.run)) throw refuse(`tells of ${event.run}, which had ended`);
        if (event.seq <= (last.get(event.run) ?? 0)) throw refuse(`has event ${event.seq} of ${event.run} too late`);
        last.set(event.run, event.seq);
        if (event.type === "run-end") ended.add(event.run);
      }
      yield event;
    }
  } catch (error) {
    throw error instanceof SluiceError ? error : refuse(`cannot be read: ${fileFault(error)}`);
  }
  if (number === 0) throw refuse("has no events");
}

function eventOf(line: string, refuse: (why: string) => SluiceError): RecordedEvent {
  let value: unknown;
  try {
    value = parseJson(line, { from: "the recording", ...eventBounds });
  } catch (error) {
    throw refuse(`is no event: ${textOfThrown(error)}`);
  }
  const { run, seq, time, source, type, data } = (value ?? {}) as Partial<Record<keyof RunEvent, unknown>>;
  const isRecord = typeof data === "object" && data !== null;
  if (typeof type !== "string" || typeof source !== "string" || typeof time !== "string" || !isRecord) {
    throw refuse("is no event: it has no type, source, time or data");
  }
  if (run === undefined) {
    if (hostEventTypes.some((each) => each === type)) return value as HostEvent;
    throw refuse(`is no event: a host has none of type ${JSON.stringify(type.slice(0, 60))}`);
  }
  if (typeof run !== "string" || !Number.isSafeInteger(seq)) throw refuse("is no event: its run or seq is none");
  const schema = eventTypes.some((each) => each === type) ? eventSchema(type) : undefined;
  if (schema === undefined) throw refuse(`is no event: there is no type ${JSON.stringify(type.slice(0, 60))}`);
  const [issue] = compileSchema(schema)(data);
  if (issue !== undefined) throw refuse(`is no event ${type}: it ${issue.message} at ${issue.path || "/"}`);
  return value as RunEvent;
}
