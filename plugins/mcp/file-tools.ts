import { extname } from "node:path";
import type { CallToolResult } from "@modelcontextprotocol/server";
import { type FileInfo, type SandboxFile, SluiceError } from "../../core/contract/index.ts";
import { isBase64, plural, printable } from "../../core/kit/index.ts";
import type { Caller } from "./caller.ts";
import type { FileArguments, FileEntry, GetFileArguments, PutFilesArguments } from "./schemas.ts";
import { isPicture } from "./values.ts";

export async function putFiles(caller: Caller, { session, files }: PutFilesArguments): Promise<CallToolResult> {
  const decoded = files.map(decode);
  caller.sessions.enter(session);
  await caller.host.putFiles(session, decoded);
  const names = decoded.map(({ path, content }) => `${printable(path)} (${plural(content.byteLength, "byte")})`);
  return { content: [{ type: "text", text: `put into the session ${session}: ${names.join(", ")}` }] };
}

export async function listFiles(caller: Caller, { session }: FileArguments): Promise<CallToolResult> {
  const files = await caller.host.files(session);
  const lines = files.map(({ path, size, mime }: FileInfo) => `${printable(path)} (${plural(size, "byte")}, ${mime})`);
  return { content: [{ type: "text", text: lines.join("\n") || "there are no files" }] };
}

/** Pictures as pictures, UTF-8 as text, anything else as a resource with its bytes. */
export async function getFile(caller: Caller, { session, path }: GetFileArguments): Promise<CallToolResult> {
  const bytes = Buffer.from(await caller.host.file(session, path));
  if (bytes.byteLength > caller.config.file) {
    const message = `${path} has ${plural(bytes.byteLength, "byte")}, and get_file gives up to ${caller.config.file}`;
    throw new SluiceError("SLUICE_FILE_TOO_LARGE", message, { cure: "Read a part of it with run_code." });
  }
  const mimeType = mimes[extname(path).toLowerCase()] ?? "application/octet-stream";
  if (isPicture(mimeType)) {
    return { content: [{ type: "image", data: bytes.toString("base64"), mimeType }] };
  }
  const text = decodeText(bytes);
  if (text !== undefined) return { content: [{ type: "text", text }] };
  const uri = `sluice://sessions/${encodeURIComponent(session)}/${path.split("/").map(encodeURIComponent).join("/")}`;
  return { content: [{ type: "resource", resource: { uri, mimeType, blob: bytes.toString("base64") } }] };
}

function decode({ path, text, base64 }: FileEntry): SandboxFile {
  if ((text === undefined) === (base64 === undefined)) {
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", `${path} needs one of text and base64`, {
      cure: "Give one of them.",
    });
  }
  if (text !== undefined) return { path, content: Buffer.from(text, "utf8") };
  if (base64 === undefined || !isBase64(base64)) {
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", `the content of ${path} is not base64`, { cure: "Encode it." });
  }
  return { path, content: Buffer.from(base64, "base64") };
}

function decodeText(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const mimes: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".pdf": "application/pdf",
  ".zip": "application/zip",
};
