import { SluiceError } from "../contract/errors.ts";
import type { Request } from "./requests.ts";
import type { ClientFrames } from "./wire.generated.ts";

type WireInput = ClientFrames["open"]["input"];
type WireFile = NonNullable<WireInput["files"]>[number];
/** A file of the caller's: with its bytes, or as the wire has it. */
export type ClientFile = WireFile | { readonly path: string; readonly content: Uint8Array };
type Whole = Exclude<ClientFile, { upload: string }>;
type WithFiles<Input> = Input extends unknown
  ? Omit<Input, "files" | "stdin"> & { readonly files?: readonly ClientFile[] } & Stdin<Input>
  : never;
/** A program's standard input may be a stream, which is read no faster than the program reads. */
type Stdin<Input> = Input extends { code: unknown } ? { readonly stdin?: string | AsyncIterable<Uint8Array> } : object;
/** A text for the flow's first model, or text or code with files. */
export type ClientInput = string | WithFiles<WireInput>;

type Ask = <Answer>(frame: Request) => Promise<Answer>;

/** Bytes of one piece, whole groups of three; in base64 and with the rest of its frame well below a frame. */
const pieceSize = 480 * 1024;
/** Bytes of a frame that is sent as it is, below what any host takes. */
const frameSize = 768 * 1024;
/** Characters of code that is sent as an upload. */
const longCode = 128 * 1024;
/** Where code stands among files on their way: no file has this path. */
const codePath = "";
/** Times that everything is sent before the client gives up: a host forgets it with each connection. */
const attempts = 4;

/**
 * Sends what wants an answer. Files that do not fit into the frame go first, in pieces, one after the other; the frame
 * then names them, so that the host begins nothing before it has everything.
 */
export function askWithFiles<Answer>(frame: Request, ask: Ask): Promise<Answer> {
  const files = filesOf(frame);
  if (files === undefined) return ask<Answer>(frame);
  const content = files.reduce((sum, file) => sum + lengthOf(file), 0);
  if (content > frameSize) return upload<Answer>(frame, files, ask);
  const whole = withFiles(frame, files.map(inline));
  const fits = content === 0 || new TextEncoder().encode(JSON.stringify(whole)).byteLength <= frameSize;
  return fits ? ask<Answer>(whole) : upload<Answer>(frame, files, ask);
}

async function upload<Answer>(frame: Request, files: readonly ClientFile[], ask: Ask): Promise<Answer> {
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

async function sent(file: Whole, name: string, ask: Ask): Promise<WireFile> {
  const size = "content" in file ? file.content.byteLength : sizeOf(file.base64);
  for (let offset = 0; offset === 0 || offset < size; offset += pieceSize) {
    const params = { upload: name, size, offset, base64: pieceOf(file, offset) };
    await ask({ t: "call", id: `${name}-${offset}`, method: "files.upload", params });
  }
  return { path: file.path, upload: name };
}

function pieceOf(file: Whole, offset: number): string {
  const end = offset + pieceSize;
  return "content" in file
    ? base64Of(file.content.subarray(offset, end))
    : file.base64.slice((offset / 3) * 4, (end / 3) * 4);
}

function inline(file: ClientFile): WireFile {
  return "content" in file ? { path: file.path, base64: base64Of(file.content) } : file;
}

/** Works in browsers too; in steps of whole groups, because a call takes only so many arguments. */
export function base64Of(content: Uint8Array): string {
  let text = "";
  for (let at = 0; at < content.byteLength; at += 0x6000) {
    text += btoa(String.fromCharCode(...content.subarray(at, at + 0x6000)));
  }
  return text;
}

function filesOf(frame: Request): readonly ClientFile[] | undefined {
  if (frame.t === "open") {
    const { input } = frame;
    const code = "code" in input && typeof input.code === "string" && input.code.length > longCode ? input.code : "";
    if (code === "") return input.files;
    return [...(input.files ?? []), { path: codePath, content: new TextEncoder().encode(code) }];
  }
  if (frame.t !== "call" || frame.method !== "files.put") return undefined;
  const files = frame.params?.["files"];
  // Whatever else it is, the host says what is wrong with it.
  return Array.isArray(files) && files.every(isFile) ? files : undefined;
}

function withFiles(frame: Request, files: WireFile[]): Request {
  if (frame.t === "open") {
    const code = files.find((file) => file.path === codePath);
    const uploaded = code && "upload" in code ? { code: { upload: code.upload } } : {};
    const rest = files.filter((file) => file !== code);
    return { ...frame, input: { ...frame.input, ...uploaded, ...(rest.length > 0 ? { files: rest } : {}) } };
  }
  return frame.t === "call" ? { ...frame, params: { ...frame.params, files } } : frame;
}

function isFile(value: unknown): value is ClientFile {
  const { path, base64, content, upload: name } = (value ?? {}) as { readonly [key: string]: unknown };
  if (typeof path !== "string") return false;
  return [base64, name].some((text) => typeof text === "string") || content instanceof Uint8Array;
}

/** Characters that its content takes in a frame. */
function lengthOf(file: ClientFile): number {
  if ("content" in file) return Math.ceil(file.content.byteLength / 3) * 4;
  return "base64" in file ? file.base64.length : 0;
}

/** Bytes of what is written in base64. */
function sizeOf(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.floor(((base64.length - padding) * 3) / 4);
}
