import { type SandboxFile, SluiceError } from "../../core/contract/index.ts";
import { plural, startTimer, type Timer } from "../../core/kit/index.ts";
import type { SharedBytes } from "./shared-bytes.ts";

/** A file of a frame: with its content, or with the name of the upload that brought it. */
export interface WireFile {
  readonly path: string;
  readonly base64?: string;
  readonly upload?: string;
}

export interface UploadPiece {
  readonly upload: string;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly offset: number;
  readonly base64: string;
}

/** Bytes that may be held for clients before a run or a session takes them. */
export interface UploadLimits {
  readonly upload: number;
  readonly uploads: number;
}

interface Upload {
  readonly content: Buffer;
  received: number;
}

/** Files that one frame may carry, and so uploads of one connection. */
const most = 256;

/**
 * The files that one connection sends in pieces, until a frame names them. Their bytes are counted from the first piece
 * on, as the client announced them. They end with the connection, or when nothing was heard of them for `idle` ms.
 */
export class Uploads {
  readonly #limits: UploadLimits;
  readonly #total: SharedBytes;
  readonly #owner: () => string;
  readonly #idle: number;
  readonly #uploads = new Map<string, Upload>();
  #bytes = 0;
  #timer: Timer | undefined;
  #over = false;

  /** `owner` names the token that let the connection in. */
  constructor(limits: UploadLimits, total: SharedBytes, owner: () => string, idle: number) {
    this.#limits = limits;
    this.#total = total;
    this.#owner = owner;
    this.#idle = idle;
  }

  /**
   * Takes the next piece; the one at 0 begins anew. Returns how many bytes there are.
   * @throws SluiceError SLUICE_WIRE_UPLOAD, SLUICE_WIRE_PROTOCOL, SLUICE_FILE_TOO_LARGE, SLUICE_OVERLOADED; the upload is
   * then forgotten.
   */
  take({ upload, size, offset, base64 }: UploadPiece): number {
    try {
      const content = bytesOf(base64, `upload ${upload}`);
      if (offset === 0) this.#begin(upload, size);
      const begun = this.#uploads.get(upload);
      if (begun === undefined) throw broken(`nothing of upload ${upload} is here, and the piece is not its first`);
      if (offset !== begun.received) {
        throw broken(`upload ${upload} has ${plural(begun.received, "byte")}, and the piece begins at ${offset}`);
      }
      if (size !== begun.content.length) {
        throw broken(
          `upload ${upload} was announced with ${plural(begun.content.length, "byte")}, and now with ${size}`,
        );
      }
      if (offset + content.length > size) throw broken(`upload ${upload} is longer than its ${plural(size, "byte")}`);
      content.copy(begun.content, offset);
      begun.received += content.length;
      this.#heard();
      return begun.received;
    } catch (error) {
      this.#forget(upload);
      throw error;
    }
  }

  /** The files of a frame. Those that were uploaded stay until {@link used}. @throws SluiceError SLUICE_WIRE_UPLOAD */
  decode(files: readonly WireFile[]): SandboxFile[] {
    return files.map(({ path, base64, upload }) => {
      if (upload === undefined) return { path, content: bytesOf(base64 ?? "", path) };
      const found = this.#uploads.get(upload);
      if (found === undefined) throw broken(`there is no upload ${upload} for ${path}`);
      const { content, received } = found;
      if (received === content.length) return { path, content };
      throw broken(`upload ${upload} for ${path} has ${received} of its ${plural(content.length, "byte")}`);
    });
  }

  /** What they held belongs to somebody else now. */
  used(files: readonly WireFile[]): void {
    for (const { upload } of files) if (upload !== undefined) this.#forget(upload);
  }

  dispose(): void {
    this.#over = true;
    this.#clear();
  }

  #begin(upload: string, size: number): void {
    this.#forget(upload);
    if (this.#over) throw broken("the connection is over");
    const { upload: own, uploads: all } = this.#limits;
    if (this.#bytes + size > own || this.#uploads.size >= most) {
      const message = `the files under way would have ${plural(this.#bytes + size, "byte")} in ${plural(this.#uploads.size + 1, "file")}; a connection may have ${own} in ${most}`;
      const cure = "Send less at once, or raise limits.upload of the transport.";
      throw new SluiceError("SLUICE_FILE_TOO_LARGE", message, { cure });
    }
    if (!this.#total.take(this.#owner(), size, all)) {
      const message = `the files that clients have under way would be more than ${plural(all, "byte")} of one token, or a quarter more of all`;
      throw new SluiceError("SLUICE_OVERLOADED", message, { retryAfter: 1000 });
    }
    this.#bytes += size;
    this.#uploads.set(upload, { content: Buffer.allocUnsafeSlow(size), received: 0 });
  }

  #forget(upload: string): void {
    const size = this.#uploads.get(upload)?.content.length ?? 0;
    if (this.#uploads.delete(upload)) this.#total.give(this.#owner(), size);
    this.#bytes -= size;
    if (this.#uploads.size === 0) this.#timer?.stop();
  }

  #heard(): void {
    this.#timer?.stop();
    this.#timer = startTimer(() => this.#clear(), this.#idle);
    this.#timer.unref();
  }

  #clear(): void {
    for (const upload of [...this.#uploads.keys()]) this.#forget(upload);
  }
}

function bytesOf(base64: string, what: string): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", `the content of ${what} is not base64`);
  }
  return Buffer.from(base64, "base64");
}

function broken(message: string): SluiceError {
  return new SluiceError("SLUICE_WIRE_UPLOAD", message);
}
