import { type ErrorCode, type FileInfo, type SandboxFile, SluiceError } from "../../../core/contract/index.ts";
import { checkFilePath, plural } from "../../../core/kit/index.ts";
import type { Channel } from "../container/channel.ts";
import type { Reply } from "../container/replies.ts";
import { ToSandbox } from "../protocol/frames.ts";
import { mimeOf } from "./mime.ts";

const PIECE = 256 * 1024;

/** Files of one container's workspace. The supervisor looks at every path again, inside, link by link. */
export class WorkspaceFiles {
  readonly #channel: Channel;
  readonly #largest: number;

  /** @param largest bytes of one file at most */
  constructor(channel: Channel, largest: number) {
    this.#channel = channel;
    this.#largest = largest;
  }

  async put(files: readonly SandboxFile[], signal?: AbortSignal): Promise<void> {
    // All are looked at before the first is sent, so that a refusal leaves nothing behind.
    for (const { path, content } of files) {
      checkFilePath(path);
      if (content.length > this.#largest) throw this.#tooLarge(path, content.length);
    }
    for (const file of files) {
      signal?.throwIfAborted();
      await this.#putOne(file, signal);
    }
  }

  async #putOne({ path, content }: SandboxFile, signal?: AbortSignal): Promise<void> {
    const { id, promise } = this.#channel.prepareReply();
    let failed: Reply | undefined;
    promise.then((reply) => {
      failed = reply;
    });
    this.#channel.send(ToSandbox.put, { id, path, size: content.length });
    // An empty one comes in one piece as well.
    for (let at = 0; (at === 0 || at < content.length) && failed === undefined; at += PIECE) {
      await this.#channel.sendData(id, content.subarray(at, at + PIECE));
      if (signal?.aborted) break;
    }
    if (signal?.aborted && failed === undefined) {
      this.#channel.send(ToSandbox.put, { id, abandon: true });
      this.#channel.forget(id);
      signal.throwIfAborted();
    }
    answered(await promise);
  }

  async get(path: string, signal?: AbortSignal): Promise<Uint8Array> {
    checkFilePath(path);
    signal?.throwIfAborted();
    const pieces: Buffer[] = [];
    let received = 0;
    let size: number | undefined;
    const { promise: whole, resolve, reject } = Promise.withResolvers<void>();
    const failed = new SluiceError("SLUICE_FILE_FAILED", `${path} changed while it was read`);
    const { id, promise } = this.#channel.prepareReply((piece) => {
      if (piece.length === 0) return reject(failed);
      pieces.push(piece);
      received += piece.length;
      return received === size ? resolve() : undefined;
    });
    whole.catch(() => undefined);
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    try {
      this.#channel.send(ToSandbox.get, { id, path, most: this.#largest });
      ({ size = 0 } = answered(await promise));
      if (received < size) await this.#channel.orClosed(whole);
      if (received < size) throw closed();
      return Buffer.concat(pieces);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#channel.forget(id);
    }
  }

  async list(signal?: AbortSignal): Promise<readonly FileInfo[]> {
    signal?.throwIfAborted();
    const { files = [] } = answered(await this.#channel.request(ToSandbox.list, {}));
    return files.map(([path, size]) => ({ path, size, mime: mimeOf(path) }));
  }

  #tooLarge(path: string, size: number): SluiceError {
    return new SluiceError(
      "SLUICE_FILE_TOO_LARGE",
      `${path} has ${plural(size, "byte")}, the limit is ${this.#largest}`,
    );
  }
}

function answered(reply: Reply | undefined): Reply {
  if (reply === undefined) throw closed();
  if (reply.code !== undefined) throw new SluiceError(reply.code as ErrorCode, reply.message ?? reply.code);
  return reply;
}

function closed(): SluiceError {
  return new SluiceError("SLUICE_SANDBOX_CLOSED", "the sandbox session is closed");
}
