import { branchAround, counts, isWithin, type Lane, type Part, type TranscriptEvent } from "./parts.ts";
import type { ProgramRecord } from "./program-record.ts";

interface TextBuffer {
  readonly start: TranscriptEvent | undefined;
  events: TranscriptEvent[];
}

/**
 * The events that count, for readers that cannot take back what they passed on. Those of a branch are held until it
 * ends: a winner's then follow as if there had been no branch. The others of an `all` follow behind their
 * `branch-start`. A loser's are dropped. What a `rewind` takes back of held events is gone; other rewinds are passed
 * on.
 */
export class SettledEvents<Event extends TranscriptEvent = TranscriptEvent> {
  readonly #branches = new Map<string, TextBuffer>();

  read(event: Event): readonly Event[] {
    return this.#read(event) as readonly Event[];
  }

  #read(event: TranscriptEvent): readonly TranscriptEvent[] {
    const { branch } = event;
    if (event.type === "branch-start" && branch !== undefined) {
      this.#branches.set(branch, { start: event, events: [] });
      return [];
    }
    if (event.type === "branch-end" && branch !== undefined) return this.#end(branch, event.data.status);
    if (event.type === "rewind") return this.#rewind(event.data.from, event);
    if (event.type === "run-end") return [...this.#unended(), event];
    return this.#put(event, branch);
  }

  /** An event whose branch was never begun is of one all the same. */
  #put(event: TranscriptEvent, branch: string | undefined): readonly TranscriptEvent[] {
    if (branch === undefined) return [event];
    const held = this.#branches.get(branch) ?? { start: undefined, events: [] };
    this.#branches.set(branch, held);
    held.events.push(event);
    return [];
  }

  #end(branch: string, status: Lane["status"]): readonly TranscriptEvent[] {
    const held = this.#branches.get(branch);
    // What lies inside and has not ended is over as well.
    for (const path of this.#branches.keys()) if (isWithin(path, branch)) this.#branches.delete(path);
    if (held === undefined || !counts(status)) return [];
    const events = status === "ok" && held.start && held.events.length > 0 ? [held.start, ...held.events] : held.events;
    return events.flatMap((event) => this.#put(event, branchAround(branch)));
  }

  /** A run that was cut off while branches ran has no winner: what they said so far is shown, each under its name. */
  #unended(): readonly TranscriptEvent[] {
    const inner = [...this.#branches].sort(([a], [b]) => b.split(".").length - a.split(".").length);
    return inner.flatMap(([path]) => this.#end(path, "ok"));
  }

  #rewind(from: number, rewind: TranscriptEvent): readonly TranscriptEvent[] {
    const stays = staysAfter({ from, ...(rewind.branch === undefined ? {} : { branch: rewind.branch }) });
    let isHeld = false;
    for (const [path, held] of this.#branches) {
      if (
        isWithin(path, rewind.branch) &&
        held.start !== undefined &&
        held.start.seq >= from &&
        path !== rewind.branch
      ) {
        this.#branches.delete(path);
        continue;
      }
      held.events = held.events.filter(stays);
      isHeld ||= isWithin(rewind.branch, path);
    }
    return isHeld ? [] : [rewind];
  }
}

/** Tells events that a rewind leaves valid from those it takes back. */
export function staysAfter(rewind: { readonly from: number; readonly branch?: string }) {
  return ({ seq, branch }: { readonly seq: number; readonly branch?: string }): boolean =>
    seq < rewind.from || !isWithin(branch, rewind.branch);
}

/** The parts that count, in the order in which a reader wants them: nothing void, no loser, each branch in one piece. */
export function settledParts<Record extends ProgramRecord>(
  lane: Lane<Record>,
): readonly (Part<Record> | Lane<Record>)[] {
  return lane.nodes.flatMap((node) => {
    if (node.kind === "part") return node.part.void ? [] : [node.part];
    return node.lanes
      .filter(({ status }) => counts(status) || status === "running")
      .flatMap((inner) => {
        const parts = settledParts(inner);
        // A winner speaks for the run; the others of an `all` are named.
        return parts.length === 0 || inner.status === "won" ? parts : [inner, ...parts];
      });
  });
}
