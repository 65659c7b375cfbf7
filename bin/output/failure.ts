import { renderText } from "../../core/command-line.ts";
import { type ErrorBody, SluiceError } from "../../core/contract/index.ts";
import { ConfigError } from "../../core/index.ts";
import { printable, printableJson, printableLines } from "../../core/kit/index.ts";
import { painter, wantsColour } from "./style.ts";

/** What oclif throws about the words of a command line. */
interface OclifError extends Error {
  readonly oclif?: { readonly exit?: number };
  readonly code?: string;
}

/** Tells of a failure on stderr, with `--json` on stdout as well, and gives the exit code. */
export function reportFailure(error: unknown, argv: readonly string[]): number {
  const { oclif, code } = error as OclifError;
  if (code === "EEXIT") return oclif?.exit ?? 0;
  const failure = asSluiceError(error);
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

/** What oclif says of a command line becomes a usage error; anything else unknown is a fault of ours. */
function asSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  if (error instanceof Error && (error as OclifError).oclif !== undefined) {
    const message = error.message.replace(/\nSee more help with --help$/, "").trim();
    const [, command] = /^command (\S+) not found$/.exec(message) ?? [];
    if (command === undefined) return new SluiceError("SLUICE_USAGE", message, { cause: error });
    return new SluiceError("SLUICE_USAGE", `there is no command \`${command.replaceAll(":", " ")}\``, {
      cure: "`sluice --help` lists the commands.",
    });
  }
  return SluiceError.from(error);
}

function bodyOf(failure: SluiceError): unknown {
  return failure instanceof ConfigError ? { ...failure.toBody(), problems: failure.problems } : failure.toBody();
}

export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).includes("--json");
}
