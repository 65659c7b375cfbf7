import type { ExecEvent, ModelEvent, RunEvent } from "../../core/contract/index.ts";
import { SettledEvents, staysAfter } from "../../core/kit/index.ts";

/** What was passed on, with the place of its event in the other run. */
interface PassedEvent {
  readonly seq: number;
  readonly branch?: string;
  readonly event: ModelEvent;
}

/**
 * Turns the events of a run on another host into a model's. What branches say is held until it is known whether they
 * count. A loser's words cannot be told apart later; what a `rewind` over there takes back is taken back here.
 */
export class RemoteEvents {
  readonly #emit: (event: ModelEvent) => void;
  readonly #settled = new SettledEvents<RunEvent>();
  /** Passed on, oldest first, for a rewind to say again what stays. */
  #passed: PassedEvent[] = [];
  /** By source and branch: the block that is written there. */
  readonly #blocks = new Map<string, { readonly language: string; readonly index: number }>();
  #count = 0;

  constructor(emit: (event: ModelEvent) => void) {
    this.#emit = emit;
  }

  receive(event: RunEvent): void {
    for (const settled of this.#settled.read(event)) {
      if (settled.type === "rewind") this.#rewind(settled.data.from, settled.data.reason, settled.branch);
      else this.#pass(settled);
    }
  }

  #pass(event: RunEvent): void {
    const translated = this.#translate(event);
    if (translated === undefined) return;
    const { seq, branch } = event;
    this.#passed.push({ seq, event: translated, ...(branch === undefined ? {} : { branch }) });
    this.#emit(translated);
  }

  #translate(event: RunEvent): ModelEvent | undefined {
    const place = `${event.source}\n${event.branch ?? ""}`;
    switch (event.type) {
      case "text-delta":
        return { type: "text-delta", text: event.data.text };
      case "reasoning-delta":
        return { type: "reasoning-delta", text: event.data.text };
      case "code-start": {
        const block = { language: event.data.language, index: this.#count };
        this.#count += 1;
        this.#blocks.set(place, block);
        return { type: "code-delta", ...block, text: "" };
      }
      case "code-delta": {
        const block = this.#blocks.get(place);
        return block && { type: "code-delta", ...block, text: event.data.text };
      }
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

  #rewind(from: number, reason: string, branch: string | undefined): void {
    const stays = staysAfter({ from, ...(branch === undefined ? {} : { branch }) });
    if (this.#passed.every(stays)) return;
    this.#passed = this.#passed.filter(stays);
    this.#emit({ type: "rewind", reason });
    for (const { event } of this.#passed) this.#emit(event);
  }
}
