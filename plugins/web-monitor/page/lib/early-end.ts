import type { RunEvent } from "../../../../core/client/index.ts";
import { RunModel } from "./run-model.ts";

/** Events of the beginning that stand before its end. */
const mostFirst = 60;

/** A long run while its middle is read: how it began and how it ended, with a word between. */
export function earlyModel(read: readonly RunEvent[], last: readonly RunEvent[], reason: string): RunModel | undefined {
  const [next] = last;
  if (next === undefined || last.at(-1)?.type !== "run-end" || read[0]?.seq !== 1) return undefined;
  const model = new RunModel();
  const first = read.filter(({ seq }) => seq < next.seq).slice(0, mostFirst);
  for (const event of first) model.push(event);
  const before = first.at(-1);
  if (before !== undefined && before.seq + 1 < next.seq) {
    const data = { from: before.seq + 1, to: next.seq - 1, reason };
    model.push({ run: next.run, seq: data.to, time: before.time, source: "core", type: "gap", data });
  }
  for (const event of last) model.push(event);
  return model;
}
