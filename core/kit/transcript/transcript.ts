import type { EventData } from "../../contract/event.ts";
import { Lanes } from "./lanes.ts";
import {
  type CodePart,
  isWithin,
  type Lane,
  type NotePart,
  type Part,
  type ProgramPart,
  type TextPart,
  type TranscriptEvent,
  type TranscriptEventOf,
} from "./parts.ts";
import { type ProgramRecord, WholeRecord } from "./program-record.ts";

/**
 * What a run's events say, as parts in their order and as a tree of branches. The same events make the same transcript,
 * whoever reads them. Every piece of every stream is in exactly one part, under the source and branch that it came from;
 * what a `rewind` took back is marked and stays. A part that began before `from` stays valid as a whole.
 */
export class Transcript<Record extends ProgramRecord = WholeRecord> {
  /** In the order of their first events. */
  readonly parts: Part<Record>[] = [];
  /** The newest of each path. */
  readonly files = new Map<string, EventData["exec-file"]>();
  /** Names of the models that were asked, as their providers know them. */
  readonly models = new Set<string>();
  start?: TranscriptEventOf<"run-start">;
  end?: TranscriptEventOf<"run-end">;
  /** The newest error that no rewind took back. */
  error?: TranscriptEventOf<"error">;
  /** The questions that wait for an answer, by source and branch. */
  readonly #questions = new Map<string, TranscriptEventOf<"input-request" | "approval-request">>();
  /** Events that are missing, and that a `gap` tells of. */
  missing = 0;
  readonly #record: () => Record;
  readonly #lanes = new Lanes<Record>();
  /** What the next piece of a stream goes to, by kind, source and branch. */
  readonly #open = new Map<string, Part<Record>>();
  /** Programs that show something under a name, by place and name. */
  readonly #displays = new Map<string, Set<ProgramPart<Record>>>();

  /** `record`: what is kept of each program's output; all of it if left out. */
  constructor(...[record]: WholeRecord extends Record ? [record?: () => Record] : [record: () => Record]) {
    this.#record = record ?? ((() => new WholeRecord()) as unknown as () => Record);
  }

  /** The run itself, and within it the branches as they lie inside of each other. */
  get root(): Lane<Record> {
    return this.#lanes.root;
  }

  get programs(): readonly ProgramPart<Record>[] {
    return this.parts.filter((part): part is ProgramPart<Record> => part.kind === "program");
  }

  /** The newest question that waits for an answer. */
  get waiting(): TranscriptEventOf<"input-request" | "approval-request"> | undefined {
    return this.questions.at(-1);
  }

  /** The questions that wait for an answer, oldest first: each branch may have one. */
  get questions(): readonly TranscriptEventOf<"input-request" | "approval-request">[] {
    return [...this.#questions.values()];
  }

  /** The newest lane of a branch. */
  lane(branch: string): Lane<Record> | undefined {
    return this.#lanes.of(branch);
  }

  /** Adds the next event; returns the part it belongs to, if there is one. */
  push(event: TranscriptEvent): Part<Record> | undefined {
    const place = placeOf(event);
    switch (event.type) {
      case "model-start":
        this.models.add(event.data.model);
        this.#close(`text ${place}`, `thought ${place}`, `answer ${place}`);
        return this.#add(`answer ${place}`, { ...begun(event), kind: "answer", model: event.data.model });
      case "model-end": {
        const answer = this.#open.get(`answer ${place}`);
        if (answer?.kind === "answer") answer.end = event.data;
        this.#close(`text ${place}`, `thought ${place}`, `answer ${place}`);
        return answer;
      }
      case "text-start":
        this.#close(`text ${place}`, `thought ${place}`);
        return undefined;
      case "text-delta":
      case "code-delta":
        return this.#say(place, event);
      case "reasoning-delta":
        return this.#think(place, event);
      case "code-start":
        this.#close(`text ${place}`, `thought ${place}`);
        return this.#add(`text ${place}`, { ...begun(event), kind: "code", language: event.data.language, text: "" });
      case "text-end":
      case "code-end": {
        const said = this.#open.get(`text ${place}`);
        this.#close(`text ${place}`);
        return said;
      }
      case "exec-start":
        this.#close(`text ${place}`, `thought ${place}`, `program ${place}`);
        return this.#program(place, event, event.data);
      case "exec-stdout":
      case "exec-stderr": {
        const program = this.#running(place, event);
        program.record.write(event.type === "exec-stdout" ? "stdout" : "stderr", event.data);
        return program;
      }
      case "exec-result":
        return this.#show(place, event);
      case "exec-end": {
        const program = this.#running(place, event);
        program.end = event.data;
        this.#close(`program ${place}`);
        return program;
      }
      default:
        return this.#note(place, event);
    }
  }

  #note(place: string, event: TranscriptEvent): NotePart {
    const note: NotePart = { ...begun(event), kind: "note", event, open: false };
    switch (event.type) {
      case "run-start":
        this.start = event;
        break;
      case "branch-start":
        this.#lanes.begin(event.branch ?? "", event.data.label, event.seq);
        break;
      case "exec-file":
        this.files.set(event.data.path, event.data);
        break;
      case "error":
        this.error = event;
        break;
      case "gap":
        this.missing += event.data.to - event.data.from + 1;
        break;
      case "input-request":
      case "approval-request":
        this.#questions.set(place, event);
        break;
      case "input-response":
      case "approval-response":
        this.#answered(place);
        break;
      case "rewind":
        this.#rewind(event);
        break;
      case "branch-end":
        this.#endBranch(event.branch, event.seq);
        this.#lanes.end(event.branch ?? "", event.data.status, event.seq);
        break;
      case "run-end":
        this.end = event;
        this.#endBranch(undefined, Number.POSITIVE_INFINITY);
        break;
      default:
    }
    this.#put(note);
    return note;
  }

  #say(place: string, event: TranscriptEventOf<"text-delta" | "code-delta">): Part<Record> {
    this.#close(`thought ${place}`);
    const kind = event.type === "text-delta" ? "text" : "code";
    const open = this.#open.get(`text ${place}`);
    if (open?.kind === kind) {
      open.text += event.data.text;
      return open;
    }
    this.#close(`text ${place}`);
    const part = { ...begun(event), text: event.data.text };
    return this.#add<TextPart | CodePart>(
      `text ${place}`,
      kind === "text" ? { ...part, kind } : { ...part, kind, language: "" },
    );
  }

  /** A thought in the middle of a text parts it; code goes on after one, since half of it is no program. */
  #think(place: string, event: TranscriptEventOf<"reasoning-delta">): Part<Record> {
    if (this.#open.get(`text ${place}`)?.kind === "text") this.#close(`text ${place}`);
    const open = this.#open.get(`thought ${place}`);
    if (open?.kind !== "reasoning") {
      return this.#add(`thought ${place}`, { ...begun(event), kind: "reasoning", text: event.data.text });
    }
    open.text += event.data.text;
    return open;
  }

  /** The program that runs there. Output that came without its beginning, or after its end, begins one. */
  #running(place: string, event: TranscriptEvent): ProgramPart<Record> {
    const open = this.#open.get(`program ${place}`);
    return open?.kind === "program" ? open : this.#program(place, event, { language: "", code: "" });
  }

  #program(place: string, event: TranscriptEvent, start: EventData["exec-start"]): ProgramPart<Record> {
    return this.#add(`program ${place}`, { ...begun(event), kind: "program", start, record: this.#record() });
  }

  /** A value, or another one in the place of those that were shown under its name. */
  #show(place: string, event: TranscriptEventOf<"exec-result">): Part<Record> {
    const { displayId, update } = event.data;
    const program = this.#running(place, event);
    if (displayId === undefined) {
      program.record.show(event.data);
      return program;
    }
    const key = `${place}\n${displayId}`;
    const showing = this.#displays.get(key) ?? new Set();
    const changed = update ? [...showing].filter((each) => !each.void && each.record.update(event.data)) : [];
    if (changed.length === 0) {
      program.record.show(event.data);
      this.#displays.set(key, showing.add(program));
    }
    return changed.at(-1) ?? program;
  }

  /** What the branch has said since is void, and what it does is over; what began before goes on. */
  #rewind({ data: { from }, branch }: TranscriptEventOf<"rewind">): void {
    for (let at = this.parts.length - 1; at >= 0; at -= 1) {
      const part = this.parts[at];
      if (part === undefined || part.seq < from) break;
      if (isWithin(part.branch, branch)) part.void = true;
    }
    for (const [key, part] of this.#open) if (part.void) this.#close(key);
    if (this.error && this.error.seq >= from && isWithin(this.error.branch, branch)) delete this.error;
    for (const [key, question] of this.#questions)
      if (question.seq >= from && isWithin(question.branch, branch)) this.#questions.delete(key);
  }

  /** Nothing more is written to what a branch began before this. */
  #endBranch(branch: string | undefined, before: number): void {
    for (const [key, part] of this.#open) if (part.seq < before && isWithin(part.branch, branch)) this.#close(key);
    for (const [key, question] of this.#questions) if (isWithin(question.branch, branch)) this.#questions.delete(key);
  }

  /** The answer to a question names the place it was asked at; one that does not answers the newest. */
  #answered(place: string): void {
    const key = this.#questions.has(place) ? place : [...this.#questions.keys()].at(-1);
    if (key !== undefined) this.#questions.delete(key);
  }

  #add<Of extends Part<Record>>(key: string, part: Of): Of {
    this.#open.set(key, part);
    this.#put(part);
    return part;
  }

  #put(part: Part<Record>): void {
    this.parts.push(part);
    this.#lanes.put(part);
  }

  #close(...keys: readonly string[]): void {
    for (const key of keys) {
      const part = this.#open.get(key);
      if (part === undefined) continue;
      part.open = false;
      this.#open.delete(key);
    }
  }
}

function placeOf({ source, branch = "" }: TranscriptEvent): string {
  return `${source}\n${branch}`;
}

function begun({ seq, time, source, branch }: TranscriptEvent) {
  return {
    seq,
    source,
    open: true,
    ...(time === undefined ? {} : { time }),
    ...(branch === undefined ? {} : { branch }),
  };
}
