import { PassThrough } from "node:stream";
import { Output, type Outputs } from "../../bin/output/output.ts";

/** Outputs that keep what they are given. */
export function capture(): { outputs: Outputs; stdout: () => Buffer; stderr: () => string } {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const stream = (chunks: Buffer[]): NodeJS.WriteStream => {
    const through = new PassThrough();
    through.on("data", (chunk: Buffer) => chunks.push(chunk));
    return through as unknown as NodeJS.WriteStream;
  };
  return {
    outputs: { stdout: new Output(stream(kept.stdout)), stderr: new Output(stream(kept.stderr)) },
    stdout: () => Buffer.concat(kept.stdout),
    stderr: () => Buffer.concat(kept.stderr).toString("utf8"),
  };
}
