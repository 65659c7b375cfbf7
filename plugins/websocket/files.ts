import { type RunHandle, SluiceError } from "../../core/contract/index.ts";
import { countOf, listOf, optionalCount, optionalText, type Parameters, textOf } from "./parameters.ts";
import type { Peer, TransportContext } from "./peer.ts";

/** Bytes of a file in one answer: as base64 they stay under the size of a frame. */
const pieceBytes = 512 * 1024;

type Result = Readonly<Record<string, unknown>>;

export async function putFiles(_context: TransportContext, peer: Peer, params: Parameters): Promise<Result> {
  const session = textOf(params, "session");
  const files = listOf(params, "files").map((file) => {
    const path = textOf(file, "path");
    const upload = optionalText(file, "upload");
    return upload === undefined ? { path, base64: base64Of(file) } : { path, upload };
  });
  const decoded = peer.uploads.decode(files);
  peer.uploads.used(files);
  await peer.host.sessions.put(session, decoded);
  return { files: files.length };
}

/** A piece of a file that is too large for the frame that will name it. */
export function uploadFile(_context: TransportContext, peer: Peer, params: Parameters): Result {
  const upload = textOf(params, "upload");
  const size = countOf(params, "size");
  const received = peer.uploads.take({ upload, size, offset: countOf(params, "offset"), base64: base64Of(params) });
  return { upload, received, size };
}

/** Content may be empty, unlike other texts. */
function base64Of(params: Parameters): string {
  return params["base64"] === "" ? "" : textOf(params, "base64");
}

/**
 * A file of a session or a run, from `offset` on and up to `pieceBytes`; `size` tells how much there is. Larger files
 * take several calls: those that name one `download` get pieces of what the file was at the first of them.
 */
export async function getFile(_context: TransportContext, peer: Peer, params: Parameters): Promise<Result> {
  const path = textOf(params, "path");
  const offset = optionalCount(params, "offset") ?? 0;
  const { piece, size } = await peer.downloads.piece({
    download: optionalText(params, "download"),
    source: JSON.stringify([params["session"], params["run"], path]),
    offset,
    length: Math.min(optionalCount(params, "length") ?? pieceBytes, pieceBytes),
    read: async () => {
      const place = await placeOf(peer, params);
      return typeof place === "string" ? peer.host.sessions.get(place, path) : place.file(path);
    },
  });
  const base64 = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("base64");
  return { path, offset, size, base64 };
}

export async function listFiles(_context: TransportContext, peer: Peer, params: Parameters): Promise<Result> {
  const place = await placeOf(peer, params);
  return { files: typeof place === "string" ? await peer.host.sessions.files(place) : await place.files() };
}

/** The session's name, or the run, whose files are asked for. */
async function placeOf({ host }: Peer, params: Parameters): Promise<string | RunHandle> {
  const run = optionalText(params, "run");
  if (run === undefined) return textOf(params, "session");
  const handle = await host.runs.find(run);
  if (handle === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no live run ${run}`);
  return handle;
}
