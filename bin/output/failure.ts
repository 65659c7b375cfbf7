import { renderText } from "../../core/command-line.ts";
import { type ErrorBody, SluiceError } from "../../core/contract/index.ts";
import { ConfigError } from "../../core/index.ts";
import { printable, printableJson, printableLines } from "../../core/kit/index.ts";
import { painter, wantsColour } from "./style.ts";
import { type OclifError, usageError } from "./usage.ts";

/** Tells of a failure on stderr, with `--json` on stdout as well, and gives the exit code. */
export function reportFailure(error: unknown, argv: readonly string[], commands: readonly string[] = []): number {
  const { oclif, code } = error as OclifError;
  if (code === "EEXIT") return oclif?.exit ?? 0;
  const failure = usageError(error, argv, commands) ?? SluiceError.from(error);
  if (wantsJson(argv)) process.stdout.write(`${printableJson({ type: "error", data: bodyOf(failure) })}\n`);
  process.stderr.write(failureText(failure, process.stderr));
  if (process.env["SLUICE_DEBUG"] !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return failure.exitCode;
}

export function failureText(failure: SluiceError, stream: NodeJS.WriteStream): string {
  if (failure instanceof ConfigError && failure.problems.length > 0) {
    return renderText(failure.problems, failure.sources, { colour: wantsColour(stream) });
  }
  return errorLine(failure, stream);
}

/** The two lines every failure has: what and which, then the cure. */
export function errorLine(error: Pick<ErrorBody, "code" | "message" | "cure">, stream: NodeJS.WriteStream): string {
  const paint = painter(stream);
  const head = paint(["red", "bold"], `error[${printable(error.code)}]`);
  return `${head}: ${printableLines(error.message)}\n  ${paint("cyan", "=")} ${printable(error.cure)}\n`;
}

function bodyOf(failure: SluiceError): unknown {
  return failure instanceof ConfigError ? { ...failure.toBody(), problems: failure.problems } : failure.toBody();
}

export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}
