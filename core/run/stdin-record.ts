import { createHash } from "node:crypto";
import type { SecretMask } from "../config/report/mask.ts";
import type { EventData } from "../contract/event.ts";

/** Bytes of a standard input that the journal keeps at most: as much as a command line has room for, and to spare. */
const mostKept = 64 * 1024;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** What was read of a run's standard input: its length, its digest, and the bytes themselves while they are few. */
export class StdinRecord {
  readonly #hash = createHash("sha256");
  #kept: Uint8Array[] = [];
  #bytes = 0;
  #whole = false;

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > mostKept) this.#kept = [];
    // The memory of a piece may be used again by whoever gave it.
    else this.#kept.push(bytes.slice());
  }

  /** Its end was read. */
  end(): void {
    this.#whole = true;
  }

  /** As `run-end` tells it. A digest would let everybody try out what a masked secret may be. */
  told(mask: SecretMask): NonNullable<EventData["run-end"]["stdin"]> {
    const size = { bytes: this.#bytes, whole: this.#whole };
    if (this.#bytes === 0) return size;
    if (this.#bytes > mostKept) return { ...size, sha256: this.#digest() };
    const bytes = Buffer.concat(this.#kept);
    const text = textOf(bytes);
    const read = text ?? lenient.decode(bytes);
    const shown = mask.text(read);
    if (shown !== read) return { ...size, masked: true, ...(text === undefined ? {} : { text: shown }) };
    return {
      ...size,
      sha256: this.#digest(),
      ...(text === undefined ? { base64: bytes.toString("base64") } : { text }),
    };
  }

  #digest(): string {
    return this.#hash.copy().digest("hex");
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
