import type { PrepareOptions, PrepareProgress } from "../../core/contract/index.ts";
import { cutText, printable, printableJson } from "../../core/kit/index.ts";
import { isDumb } from "./style.ts";

/** A bar on a terminal, one line per step elsewhere; with `--json` one object per step on stdout. */
export async function withProgress<T>(json: boolean, work: (options: PrepareOptions) => Promise<T>): Promise<T> {
  if (json) {
    return work({ onProgress: (data) => process.stdout.write(`${printableJson({ type: "progress", data })}\n`) });
  }
  if (!process.stderr.isTTY || isDumb()) return work({ onProgress: stepLines() });
  const { Format, SingleBar } = await import("cli-progress").then((module) => module.default);
  const bar = new SingleBar(
    {
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 24,
      format: (options, parameters, payload: { step: string }) => {
        const room = Math.max(20, (process.stderr.columns ?? 80) - 34);
        const percent = `${Math.floor(parameters.progress * 100)}`.padStart(3);
        return `${Format.BarFormat(parameters.progress, options)} ${percent}% ${cutText(payload.step, room)}`;
      },
    },
    { format: "", barCompleteChar: "=", barIncompleteChar: "-" },
  );
  bar.start(1, 0, { step: "" });
  try {
    return await work({
      onProgress: ({ step, fraction }) => bar.update(fraction ?? bar.getProgress(), { step: oneLine(step) }),
    });
  } finally {
    bar.stop();
  }
}

/** Where nobody watches, each step is told once, and of a long one every quarter. */
function stepLines(): (progress: PrepareProgress) => void {
  let last = "";
  return ({ step, fraction }) => {
    const quarter = fraction === undefined ? "" : ` (${Math.floor(fraction * 4) * 25}%)`;
    const line = `${oneLine(step)}${quarter}`;
    if (line !== last) process.stderr.write(`${line}\n`);
    last = line;
  };
}

function oneLine(step: string): string {
  return printable(step.replace(/\s+/g, " ").trim());
}
