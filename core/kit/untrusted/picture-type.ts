import type { Picture } from "../../contract/conversation.ts";

/** By the first bytes, as in the specifications of PNG, JPEG, GIF and WebP. */
export function pictureType(content: Uint8Array): Picture["mime"] | undefined {
  const start = Buffer.from(content.subarray(0, 12)).toString("latin1");
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (start.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(start)) return "image/gif";
  return start.startsWith("RIFF") && start.endsWith("WEBP") ? "image/webp" : undefined;
}
