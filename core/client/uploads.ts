import { SluiceError } from "../contract/errors.ts";
import type { Request } from "./requests.ts";
import type { ClientFrames } from "./wire.generated.ts";

type WireFile = NonNullable<ClientFrames["open"]["input"]["files"]>[number];
type Ask = <Answer>(frame: Request) => Promise<Answer>;

/** Characters of base64 in one piece, whole groups of four; with the rest of its frame well below a frame. */
const pieceLength = 640 * 1024;
/** Bytes of a frame that is sent as it is, below what any host takes. */
const frameSize = 768 * 1024;
/** Times that everything is sent before the client gives up: a host forgets it with each connection. */
const attempts = 4;

/**
 * Sends what wants an answer. Files that do not fit into the frame go first, in pieces, one after the other; the frame
 * then names them, so that the host begins nothing before it has everything.
 */
export function askWithFiles<Answer>(frame: Request, ask: Ask): Promise<Answer> {
  const files = filesOf(frame);
  return files === undefined || fits(frame, files) ? ask<Answer>(frame) : upload<Answer>(frame, files, ask);
}

async function upload<Answer>(frame: Request, files: readonly WireFile[], ask: Ask): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const named: WireFile[] = [];
      for (const [index, file] of files.entries()) {
        named.push("upload" in file ? file : await sent(file, `${frame.id}/${index}`, ask));
      }
      return await ask<Answer>(withFiles(frame, named));
    } catch (error) {
      const lost = error instanceof SluiceError && error.code === "SLUICE_WIRE_UPLOAD";
      if (!lost || attempt === attempts) throw error;
    }
  }
}

async function sent(
  { path, base64 }: Extract<WireFile, { base64: string }>,
  name: string,
  ask: Ask,
): Promise<WireFile> {
  const size = sizeOf(base64);
  for (let at = 0; at === 0 || at < base64.length; at += pieceLength) {
    const params = { upload: name, size, offset: (at / 4) * 3, base64: base64.slice(at, at + pieceLength) };
    await ask({ t: "call", id: `${name}-${at / pieceLength}`, method: "files.upload", params });
  }
  return { path, upload: name };
}

function filesOf(frame: Request): readonly WireFile[] | undefined {
  if (frame.t === "open") return frame.input.files;
  if (frame.t !== "call" || frame.method !== "files.put") return undefined;
  const files = frame.params?.["files"];
  // Whatever else it is, the host says what is wrong with it.
  return Array.isArray(files) && files.every(isFile) ? files : undefined;
}

function withFiles(frame: Request, files: WireFile[]): Request {
  if (frame.t === "open") return { ...frame, input: { ...frame.input, files } };
  return frame.t === "call" ? { ...frame, params: { ...frame.params, files } } : frame;
}

function isFile(value: unknown): value is WireFile {
  const { path, base64, upload: name } = (value ?? {}) as { readonly [key: string]: unknown };
  return typeof path === "string" && (typeof base64 === "string" || typeof name === "string");
}

function fits(frame: Request, files: readonly WireFile[]): boolean {
  const content = files.reduce((sum, file) => sum + ("base64" in file ? file.base64.length : 0), 0);
  if (content === 0) return true;
  return content <= frameSize && new TextEncoder().encode(JSON.stringify(frame)).byteLength <= frameSize;
}

/** Bytes of what is written in base64. */
function sizeOf(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor(((base64.length - padding) * 3) / 4);
}
