import type { ExecEvent, ModelEvent, RunEvent } from "../../core/index.ts";

/** What was passed on, with the place of its event in the other run. */
interface Passed {
  readonly seq: number;
  readonly event: ModelEvent;
}

/**
 * Turns the events of a run on another host into a model's. What branches say is held until it is known whether they
 * count, because a loser's words cannot be told apart later; what a `rewind` over there takes back is taken back here.
 */
export class RemoteEvents {
  readonly #emit: (event: ModelEvent) => void;
  /** Passed on, oldest first, for a rewind to say again what stays. */
  #passed: Passed[] = [];
  /** By the path of the branch. */
  readonly #held = new Map<string, Passed[]>();
  #blocks = -1;
  #language = "";

  constructor(emit: (event: ModelEvent) => void) {
    this.#emit = emit;
  }

  receive(event: RunEvent): void {
    if (event.type === "rewind") this.#rewind(event.data.from, event.branch, event.data.reason);
    else if (event.type === "branch-end" && event.branch !== undefined)
      this.#branchEnd(event.branch, event.data.status);
    else {
      const translated = this.#translate(event);
      if (translated) this.#pass({ seq: event.seq, event: translated }, event.branch);
    }
  }

  #translate(event: RunEvent): ModelEvent | undefined {
    switch (event.type) {
      case "text-delta":
        return { type: "text-delta", text: event.data.text };
      case "reasoning-delta":
        return { type: "reasoning-delta", text: event.data.text };
      case "code-start":
        this.#blocks += 1;
        this.#language = event.data.language;
        return { type: "code-delta", language: this.#language, text: "", index: this.#blocks };
      case "code-delta":
        return { type: "code-delta", language: this.#language, text: event.data.text, index: this.#blocks };
      case "exec-start":
      case "exec-stdout":
      case "exec-stderr":
      case "exec-result":
      case "exec-file":
      case "exec-end":
        return { type: "exec", event: { type: event.type, data: event.data } as ExecEvent };
      default:
        return undefined;
    }
  }

  #pass(passed: Passed, branch: string | undefined): void {
    if (branch !== undefined) {
      const held = this.#held.get(branch) ?? [];
      held.push(passed);
      this.#held.set(branch, held);
      return;
    }
    this.#passed.push(passed);
    this.#emit(passed.event);
  }

  /** What the branch said goes to the branch that it is part of, or out; a loser's words go nowhere. */
  #branchEnd(branch: string, status: string): void {
    const held = this.#held.get(branch) ?? [];
    this.#held.delete(branch);
    if (status !== "won" && status !== "ok") return;
    const above = branch.includes(".") ? branch.slice(0, branch.lastIndexOf(".")) : undefined;
    for (const passed of held) this.#pass(passed, above);
  }

  #rewind(from: number, branch: string | undefined, reason: string): void {
    const isWithin = (path: string) => branch === undefined || path === branch || path.startsWith(`${branch}.`);
    for (const [path, held] of this.#held) {
      if (isWithin(path)) this.#held.set(path, held.filter(stays));
    }
    function stays({ seq }: Passed): boolean {
      return seq < from;
    }
    if (branch !== undefined || this.#passed.every(stays)) return;
    this.#passed = this.#passed.filter(stays);
    this.#emit({ type: "rewind", reason });
    for (const { event } of this.#passed) this.#emit(event);
  }
}
