/** One message of the protocol. */
export type ChunkFrame = Readonly<Record<string, unknown>>;

export type ChunkKind =
  | { readonly role: "assistant"; readonly type: "message" }
  | { readonly role: "assistant"; readonly type: "code"; readonly format: string }
  | { readonly role: "computer"; readonly type: "console"; readonly format: "output" | "active_line" }
  | { readonly role: "computer"; readonly type: "image"; readonly format: string }
  | { readonly role: "computer"; readonly type: "code"; readonly format: "html" | "javascript" };

export const completeFrame: ChunkFrame = { role: "server", type: "status", content: "complete" };

export function errorFrame(content: string): ChunkFrame {
  return { role: "server", type: "error", content };
}

/** Wraps each run of chunks of one kind in a start and an end. */
export class ChunkWriter {
  readonly #send: (frame: ChunkFrame) => void;
  #open: { readonly flag: ChunkFrame; readonly key: string } | undefined;

  constructor(send: (frame: ChunkFrame) => void) {
    this.#send = send;
  }

  /** Begins a run of a kind without content, unless one is under way. */
  begin(kind: ChunkKind): void {
    // Output and active lines stand in one console: its flag has no format.
    const flag: ChunkFrame = kind.type === "console" ? { role: kind.role, type: kind.type } : kind;
    const key = JSON.stringify(flag);
    if (this.#open?.key === key) return;
    this.end();
    this.#open = { flag, key };
    this.#send({ ...flag, start: true });
  }

  write(kind: ChunkKind, content: unknown): void {
    this.begin(kind);
    this.#send({ ...kind, content });
  }

  end(): void {
    if (this.#open !== undefined) this.#send({ ...this.#open.flag, end: true });
    this.#open = undefined;
  }
}
