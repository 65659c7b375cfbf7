import type { CodeBlock, Emission } from "../../core/contract/index.ts";

const unrun: ReadonlySet<string> = new Set(["SLUICE_MODEL_CUT", "SLUICE_MODEL_CALL"]);

/** Collects the blocks of code in the answers that pass, each model's and branch's for itself. */
export class WrittenCode {
  readonly #answers = new Map<string, CodeBlock[]>();

  /** The blocks of the answer that ends with this event; none for every other event. */
  take(event: Emission): readonly CodeBlock[] {
    const key = `${event.branch ?? ""}\n${event.source}`;
    switch (event.type) {
      case "model-start":
        this.#answers.set(key, []);
        return [];
      case "code-start":
        this.#answers.get(key)?.push({ language: event.data.language, code: "" });
        return [];
      case "code-delta": {
        const blocks = this.#answers.get(key);
        const last = blocks?.pop();
        if (last) blocks?.push({ ...last, code: last.code + event.data.text });
        return [];
      }
      case "error":
        // Code that was cut off, or is no program, is not run: there is nothing to decide.
        if (unrun.has(event.data.code)) this.#answers.delete(key);
        return [];
      case "model-end": {
        const blocks = this.#answers.get(key) ?? [];
        this.#answers.delete(key);
        return blocks;
      }
      default:
        return [];
    }
  }
}
