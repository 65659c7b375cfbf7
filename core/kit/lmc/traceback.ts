/** Python's own heading, and IPython's, which begins with the error's name. */
const heading = /^(?:([A-Za-z_][\w.]*)\s+)?Traceback \(most recent call last\):?$/;
/** What stands above a syntax error, which has no heading. */
const place = /^\s*(?:Cell In\s?\[\d+\]|File .+), line \d+/;
/** The error's own line, at the beginning of a line: `NameError: name 'x' is not defined`. */
const named = /^([A-Za-z_][\w.]*)(?:: ?(.*))?$/;
const usual = /(?:Error|Exception|Interrupt|Exit|Group|Iteration)$/;

/** Lines of output that are looked at. */
const looked = 80;

export interface PrintedError {
  readonly name: string;
  readonly message: string;
}

/**
 * The error that a Python program ended with, where the end of its output is a traceback. The protocol tells no exit
 * code, and merges tracebacks into the output; this is the only trace a failure leaves.
 */
export function errorAtEnd(output: string): PrintedError | undefined {
  const lines = output.trimEnd().split("\n").slice(-looked);
  const start = lines.findLastIndex((line) => heading.test(line) || place.test(line));
  if (start < 0) return undefined;
  const names = lines.flatMap((line) => heading.exec(line)?.[1] ?? []);
  for (const line of lines.slice(start + 1).toReversed()) {
    const [, name = "", message = ""] = named.exec(line) ?? [];
    if (usual.test(name) || names.includes(name)) return { name, message };
  }
  return undefined;
}
