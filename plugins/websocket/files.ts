import { type RunHandle, type SandboxFile, SluiceError } from "../../core/index.ts";
import { listOf, optionalCount, optionalText, type Parameters, textOf } from "./parameters.ts";
import { type DoorContext, demand, type Peer } from "./peer.ts";

/** Bytes of a file in one answer: as base64 they stay under the size of a frame. */
const pieceBytes = 512 * 1024;

type Result = Readonly<Record<string, unknown>>;

export function decodeFiles(files: readonly { readonly path: string; readonly base64: string }[]): SandboxFile[] {
  return files.map(({ path, base64 }) => {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
      throw new SluiceError("SLUICE_WIRE_PROTOCOL", `the content of ${path} is not base64`);
    }
    return { path, content: Buffer.from(base64, "base64") };
  });
}

export async function putFiles({ host, sessions }: DoorContext, peer: Peer, params: Parameters): Promise<Result> {
  const session = textOf(params, "session");
  sessions.demand(peer, session);
  const files = listOf(params, "files").map((file) => {
    const base64 = typeof file["base64"] === "string" ? file["base64"] : textOf(file, "base64");
    return { path: textOf(file, "path"), base64 };
  });
  await host.sessions.put(session, decodeFiles(files));
  return { files: files.length };
}

/**
 * A file of a session or a run, from `offset` on and up to `pieceBytes`; `size` tells how much there is. Larger files
 * take several calls.
 */
export async function getFile(context: DoorContext, peer: Peer, params: Parameters): Promise<Result> {
  const path = textOf(params, "path");
  const offset = optionalCount(params, "offset") ?? 0;
  const place = placeOf(context, peer, params);
  const content = typeof place === "string" ? await context.host.sessions.get(place, path) : await place.file(path);
  const piece = content.subarray(offset, offset + Math.min(optionalCount(params, "length") ?? pieceBytes, pieceBytes));
  return { path, offset, size: content.byteLength, base64: Buffer.from(piece).toString("base64") };
}

export async function listFiles(context: DoorContext, peer: Peer, params: Parameters): Promise<Result> {
  const place = placeOf(context, peer, params);
  return { files: typeof place === "string" ? await context.host.sessions.files(place) : await place.files() };
}

/** The session's name, or the run, whose files this client may see. */
function placeOf({ host, sessions }: DoorContext, peer: Peer, params: Parameters): string | RunHandle {
  const run = optionalText(params, "run");
  if (run === undefined) {
    const session = textOf(params, "session");
    sessions.demand(peer, session);
    return session;
  }
  const handle = host.runs.get(run);
  if (handle === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no live run ${run}`);
  demand(peer, handle.owner === peer.owner ? "run" : "operate", "reading the files of this run");
  return handle;
}
