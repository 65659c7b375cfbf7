import { eventBounds, parseJsonObject } from "../untrusted/parse-json.ts";

/**
 * Open Interpreter's messages, as its classic server (0.4.3) sends them. Every field may be missing: frames come from
 * outside and are looked at, never trusted.
 */
export interface LmcFrame {
  readonly role?: unknown;
  readonly type?: unknown;
  readonly format?: unknown;
  readonly content?: unknown;
  readonly start?: unknown;
  readonly end?: unknown;
  readonly auth?: unknown;
  /** Set where the server wants each frame acknowledged. */
  readonly id?: unknown;
}

/** The end of an answer. */
export const isComplete = (frame: LmcFrame) =>
  frame.role === "server" && frame.type === "status" && frame.content === "complete";

export const isError = (frame: LmcFrame) => frame.role === "server" && frame.type === "error";

/** Undefined for whatever is no frame. */
export function parseFrame(data: unknown): LmcFrame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    return parseJsonObject(data, eventBounds);
  } catch {
    return undefined;
  }
}

/** A message of the user's, whole, as the frames that say it. */
export function messageFrames(text: string): readonly object[] {
  return [
    { role: "user", start: true },
    { role: "user", type: "message", content: text },
    { role: "user", end: true },
  ];
}

export function commandFrames(command: "stop" | "go"): readonly object[] {
  const frame = { role: "user", type: "command" };
  return [
    { ...frame, start: true },
    { ...frame, content: command },
    { ...frame, end: true },
  ];
}
