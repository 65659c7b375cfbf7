import { branchAround, isWithin, type TranscriptEvent } from "./parts.ts";

/** Characters that a branch may wait with; one that says more gets its turn at once. */
const mostWaiting = 8 * 1024 * 1024;

interface BranchQueue<Event> {
  readonly events: Event[];
  characters: number;
}

/** Branches that lie side by side. */
interface Siblings<Event> {
  /** Whose events pass as they come. */
  live: string | undefined;
  readonly waiting: Map<string, BranchQueue<Event>>;
}

/**
 * The events of branches that run at once, one branch after the other, for readers who watch: the first that speaks
 * passes as it comes, the others wait for its end. A branch that asks a person gets its turn at once. No event is lost.
 */
export class BranchesInTurn<Event extends TranscriptEvent = TranscriptEvent> {
  /** By the path of the branch around them; empty for the run. */
  readonly #levels = new Map<string, Siblings<Event>>();

  read(event: Event): readonly Event[] {
    const out: Event[] = [];
    this.#route(event, out);
    return out;
  }

  #route(event: Event, out: Event[]): void {
    const path = event.branch ?? "";
    const names = path === "" ? [] : path.split(".");
    for (let depth = 1; depth <= names.length; depth += 1) {
      const branch = names.slice(0, depth).join(".");
      const level = this.#level(names.slice(0, depth - 1).join("."));
      if (level.live === branch) continue;
      const isAsked = event.type === "input-request" || event.type === "approval-request";
      if (level.live === undefined ? event.type !== "branch-start" : isAsked) this.#turnTo(branch, level, out);
      else {
        if (this.#wait(branch, level, event) > mostWaiting) this.#turnTo(branch, level, out);
        return;
      }
    }
    this.#flush(path, out);
    out.push(event);
    if (event.type !== "branch-end" || path === "") return;
    const level = this.#level(branchAround(path) ?? "");
    if (level.live === path) level.live = undefined;
    this.#next(level, out);
  }

  #level(around: string): Siblings<Event> {
    const level = this.#levels.get(around) ?? { live: undefined, waiting: new Map() };
    this.#levels.set(around, level);
    return level;
  }

  /** Returns how many characters wait there. */
  #wait(branch: string, { waiting }: Siblings<Event>, event: Event): number {
    const queue = waiting.get(branch) ?? { events: [], characters: 0 };
    waiting.set(branch, queue);
    queue.events.push(event);
    const { text = "", base64 = "" } = event.data as { readonly text?: string; readonly base64?: string };
    queue.characters += (text ?? "").length + base64.length;
    return queue.characters;
  }

  #turnTo(branch: string, level: Siblings<Event>, out: Event[]): void {
    level.live = branch;
    const queue = level.waiting.get(branch);
    level.waiting.delete(branch);
    for (const event of queue?.events ?? []) this.#route(event, out);
  }

  /** The turn of the first that has something to say. */
  #next(level: Siblings<Event>, out: Event[]): void {
    if (level.live !== undefined) return;
    const first = [...level.waiting].find(([, { events }]) => events.some(({ type }) => type !== "branch-start"));
    if (first !== undefined) this.#turnTo(first[0], level, out);
  }

  /** What goes on around branches, or above them, comes after all that they said. */
  #flush(path: string, out: Event[]): void {
    for (const [around, level] of this.#levels) {
      if (path !== "" && !isWithin(around, path)) continue;
      for (const branch of [...level.waiting.keys()]) this.#turnTo(branch, level, out);
      level.live = undefined;
    }
  }
}
