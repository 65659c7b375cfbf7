import { SluiceError } from "../../core/contract/index.ts";
import { plural, startTimer, type Timer } from "../../core/kit/index.ts";
import type { SharedBytes } from "./shared-bytes.ts";

/** A piece of a file that a client asks for. */
export interface DownloadRequest {
  /** The client's name for the whole; without it the piece stands alone. */
  readonly download: string | undefined;
  /** Where the file is: the same for all pieces of a download. */
  readonly source: string;
  readonly offset: number;
  /** Bytes at most. */
  readonly length: number;
  /** Reads the whole file. */
  readonly read: () => Promise<Uint8Array>;
}

/** Bytes that may be held of files which clients fetch in pieces. */
export interface DownloadLimits {
  readonly download: number;
  readonly downloads: number;
}

interface Download {
  readonly content: Uint8Array;
  readonly source: string;
  timer: Timer;
}

/** Downloads of one connection. */
const most = 256;
/** Files of one connection that are read at once: how large they are is known, and counted, when they are there. */
const mostReads = 4;

/**
 * The files that one connection fetches in pieces: each is read once, and all its pieces are of that one version. What
 * is held ends with the last piece, with the connection, or after `idle` ms without a request.
 */
export class Downloads {
  readonly #limits: DownloadLimits;
  readonly #total: SharedBytes;
  readonly #owner: () => string;
  readonly #idle: number;
  readonly #downloads = new Map<string, Download>();
  readonly #waiting: (() => void)[] = [];
  #reads = 0;
  #bytes = 0;
  #over = false;

  /** `owner` names the token that let the connection in. */
  constructor(limits: DownloadLimits, total: SharedBytes, owner: () => string, idle: number) {
    this.#limits = limits;
    this.#total = total;
    this.#owner = owner;
    this.#idle = idle;
  }

  /**
   * The piece, and the size of the whole; the one at 0 reads the file anew.
   * @throws SluiceError SLUICE_WIRE_DOWNLOAD, SLUICE_FILE_TOO_LARGE, SLUICE_OVERLOADED, and what `read` throws
   */
  async piece(wanted: DownloadRequest): Promise<{ readonly piece: Uint8Array; readonly size: number }> {
    const { download, offset, length } = wanted;
    const content = download === undefined ? await this.#read(wanted) : await this.#contentOf(download, wanted);
    const end = offset + length;
    if (download !== undefined && end >= content.byteLength) this.#forget(download);
    return { piece: content.subarray(offset, end), size: content.byteLength };
  }

  dispose(): void {
    this.#over = true;
    for (const download of [...this.#downloads.keys()]) this.#forget(download);
  }

  async #contentOf(download: string, wanted: DownloadRequest): Promise<Uint8Array> {
    if (wanted.offset === 0) return this.#begin(download, wanted);
    const begun = this.#downloads.get(download);
    if (begun === undefined) throw broken(`nothing of download ${download} is here, and the piece is not its first`);
    if (begun.source !== wanted.source) throw broken(`download ${download} was begun for another file`);
    begun.timer.stop();
    begun.timer = this.#timerOf(download);
    return begun.content;
  }

  async #begin(download: string, wanted: DownloadRequest): Promise<Uint8Array> {
    this.#forget(download);
    const content = await this.#read(wanted);
    if (this.#over) throw broken("the connection is over");
    this.#forget(download);
    if (content.byteLength > wanted.length) this.#hold(download, wanted.source, content);
    return content;
  }

  #hold(download: string, source: string, content: Uint8Array): void {
    const size = content.byteLength;
    const { download: own, downloads: all } = this.#limits;
    if (this.#bytes + size > own || this.#downloads.size >= most) {
      const message = `the files that are fetched would have ${plural(this.#bytes + size, "byte")} in ${plural(this.#downloads.size + 1, "file")}; limits.download allows a connection ${own} in ${most}`;
      const cure = "Fetch less at once, or raise limits.download of the transport.";
      throw new SluiceError("SLUICE_FILE_TOO_LARGE", message, { cure });
    }
    if (!this.#total.take(this.#owner(), size, all)) {
      const message = `the files that clients fetch would be more than ${plural(all, "byte")} of one token, or a quarter more of all`;
      throw new SluiceError("SLUICE_OVERLOADED", message, { retryAfter: 1000 });
    }
    this.#bytes += size;
    this.#downloads.set(download, { content, source, timer: this.#timerOf(download) });
  }

  #timerOf(download: string): Timer {
    return startTimer(() => this.#forget(download), this.#idle).unref();
  }

  #forget(download: string): void {
    const held = this.#downloads.get(download);
    if (held === undefined) return;
    held.timer.stop();
    this.#downloads.delete(download);
    this.#bytes -= held.content.byteLength;
    this.#total.give(this.#owner(), held.content.byteLength);
  }

  /** Few at once: the others wait for their turn. */
  async #read({ read }: DownloadRequest): Promise<Uint8Array> {
    if (this.#reads < mostReads) this.#reads += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (this.#over) throw broken("the connection is over");
      return await read();
    } finally {
      // The turn goes to the next one, who does not count again.
      const next = this.#waiting.shift();
      if (next === undefined) this.#reads -= 1;
      else next();
    }
  }
}

function broken(message: string): SluiceError {
  return new SluiceError("SLUICE_WIRE_DOWNLOAD", message);
}
