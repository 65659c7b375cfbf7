import { stepsOf } from "./clients/steps.ts";
import type { LmcServer } from "./lmc-servers.ts";

export type Frame = Readonly<Record<string, unknown>>;

/** What the client printed of one step. */
export interface Step {
  readonly step: string;
  /** Whether what it waited for came. */
  readonly completed?: boolean;
  readonly frames?: readonly Frame[];
  readonly status?: number;
  readonly body?: unknown;
  readonly lines?: readonly string[];
}

export interface TalkOptions {
  readonly python: string;
  readonly library: "websockets" | "websocket-client";
  /** Base URL of the model that the server is told to ask. */
  readonly model: string;
  readonly apart?: boolean;
}

/** Runs the client against a server; its steps by name. @throws when it does not come to its end */
export function talk(server: LmcServer, options: TalkOptions): Promise<ReadonlyMap<string, Step>> {
  const { python, library, model, apart = false } = options;
  const place = ["--url", server.url, "--key", server.key, "--model-base", model, "--library", library];
  return stepsOf<Step>(python, "lmc_client.py", [...place, ...(apart ? ["--apart"] : [])]);
}

/**
 * What is the same whoever answers: pieces of one thing joined, the number of a line a word, code without the space
 * around it, the words of an error left out.
 */
export function normalised(frames: readonly Frame[]): readonly Frame[] {
  const joined: Frame[] = [];
  for (const { id: _id, ...each } of frames) {
    const frame = "content" in each ? { ...each, content: contentOf(each) } : each;
    const last = joined.at(-1);
    if (last === undefined || !isOne(last, frame)) joined.push(frame);
    else if (frame["format"] !== "active_line")
      joined.push({ ...joined.pop(), content: `${last["content"]}${frame["content"]}` });
  }
  return joined.map((frame) =>
    frame["type"] === "code" && typeof frame["content"] === "string"
      ? { ...frame, content: frame["content"].trim() }
      : frame,
  );
}

function contentOf({ type, format, content }: Frame): unknown {
  if (type === "error") return typeof content === "string" && content !== "" ? "why" : content;
  return format === "active_line" && typeof content === "number" ? "a line" : content;
}

/** Whether two frames that follow each other tell of one thing. */
function isOne(before: Frame, after: Frame): boolean {
  const same = (["role", "type", "format"] as const).every((name) => before[name] === after[name]);
  const told = typeof before["content"] === "string" && typeof after["content"] === "string";
  return same && told && after["role"] !== "server";
}
