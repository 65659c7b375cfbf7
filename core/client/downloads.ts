import { SluiceError } from "../contract/errors.ts";

/** Whose file it is. */
export type FilePlace = { readonly session: string } | { readonly run: string };

interface Piece {
  /** Bytes of the whole file. */
  readonly size: number;
  readonly base64: string;
}

/** Times that a file is fetched from its beginning before the client gives up: a host forgets it with each connection. */
const attempts = 4;

/**
 * Fetches a file in as many pieces as it takes; the host reads it once and gives all of them from that. `name` is what
 * they have in common, and is not used again on a connection.
 */
export async function download(
  place: FilePlace,
  path: string,
  name: string,
  ask: (params: Readonly<Record<string, unknown>>) => Promise<Piece>,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await whole((offset) => ask({ ...place, path, offset, download: name }));
    } catch (error) {
      const lost = error instanceof SluiceError && error.code === "SLUICE_WIRE_DOWNLOAD";
      if (!lost || attempt === attempts) throw error;
    }
  }
}

async function whole(ask: (offset: number) => Promise<Piece>): Promise<Uint8Array> {
  let content: Uint8Array | undefined;
  for (let offset = 0; ; ) {
    const { size, base64 } = await ask(offset);
    content ??= new Uint8Array(size);
    const bytes = bytesOf(base64);
    // A host that does not know of downloads reads the file for each piece, and it may have changed.
    const left = content.byteLength - offset;
    if (size !== content.byteLength || bytes.byteLength > left || (bytes.byteLength === 0 && left > 0)) {
      throw new SluiceError("SLUICE_WIRE_DOWNLOAD", "the file changed while it was fetched");
    }
    content.set(bytes, offset);
    offset += bytes.byteLength;
    if (offset >= size) return content;
  }
}

/** Works in browsers too. */
function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}
