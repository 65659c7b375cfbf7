import type { UpstreamAnswer } from "../docker/scripted-upstream.ts";
import type { Frame } from "./lmc-talk.ts";

const long = "print('on it', flush=True)\nimport time\ntime.sleep(600)";

/** What the model of either server answers to the client, in order. */
export const script: readonly UpstreamAnswer[] = [
  python("x = 6 * 7\nprint(x)", "Let me see.\n"),
  { pieces: ["It is ", "42."] },
  python("print(x + 1)"),
  { pieces: ["It is 43."] },
  python("print(2 * 3)"),
  { pieces: ["Six."] },
  { pieces: ["Hel", "lo."] },
  python(long),
  { pieces: ["Still ", "here."] },
  python(long),
  { pieces: ["The ", "second."] },
];

function python(code: string, before = ""): UpstreamAnswer {
  // The original finds fences only where tokens are cut like this.
  return { pieces: [...(before ? [before] : []), "```", "python", "\n", code, "\n```"] };
}

export const complete: Frame = { role: "server", type: "status", content: "complete" };
export const fault: readonly Frame[] = [{ role: "server", type: "error", content: "why" }, complete];

export function message(content: string): readonly Frame[] {
  return wrapped({ role: "assistant", type: "message" }, { content });
}

export function code(content: string): readonly Frame[] {
  return wrapped({ role: "assistant", type: "code", format: "python" }, { content });
}

const shown = { role: "computer", type: "console" };
const started: readonly Frame[] = [
  { ...shown, start: true },
  { ...shown, format: "active_line", content: "a line" },
];
const ended: readonly Frame[] = [
  { ...shown, format: "active_line", content: null },
  { ...shown, end: true },
];
const output = (content: string): Frame => ({ ...shown, format: "output", content });

export function ran(content: string): readonly Frame[] {
  return [...started, output(content), ...ended];
}

/** The long program until it is stopped. */
export const begun: readonly Frame[] = [...code(long), ...started, output("on it\n")];
/** How it ends then, after whatever it still printed. */
export const stopped: readonly Frame[] = [...ended, complete];

function wrapped(kind: Frame, content: Frame): readonly Frame[] {
  return [
    { ...kind, start: true },
    { ...kind, ...content },
    { ...kind, end: true },
  ];
}
