import { parentPort } from "node:worker_threads";
import { packResult } from "./packed-result.ts";
import type { ReadAnswer, ReadRequest } from "./result-thread.ts";

parentPort?.on("message", ({ id, payload }: ReadRequest) => {
  const packed = packResult(payload);
  const answer: ReadAnswer = packed === undefined ? { id } : { id, packed };
  parentPort?.postMessage(answer, packed === undefined ? [] : [packed.json.buffer]);
});
