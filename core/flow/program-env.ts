import { SluiceError } from "../contract/errors.ts";
import { plural } from "../kit/text/plural.ts";

/** Environment variables that a program is given, by name. */
export type ProgramEnv = Readonly<Record<string, string>>;

const most = {
  variables: 256,
  /** Bytes of names and values together: they have to fit into one frame of the wire, however they are escaped. */
  bytes: 128 * 1024,
};

/** What every language can name; bash hands on nothing else to what it starts. */
const portable = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/**
 * Names by which the system's loader puts other code into every process, ours included, and bash runs a file first.
 * Whoever approves code has not seen that.
 */
const refused = /^(?:LD_.*|GLIBC_TUNABLES|BASH_ENV|ENV)$/;

/** A value under such a name is a secret, and is masked wherever the program shows it. */
const secretName = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|PRIVATE/i;

/** @throws SluiceError SLUICE_PROGRAM_ENV, which names the variable and never its value */
export function checkEnv(env: ProgramEnv): void {
  const names = Object.keys(env);
  if (names.length > most.variables) throw refusal(`${names.length} variables are more than ${most.variables}`);
  let bytes = 0;
  for (const [name, value] of Object.entries(env)) {
    if (!portable.test(name)) throw refusal(`${JSON.stringify(name.slice(0, 60))} is no name of a variable`);
    if (/^SLUICE_/i.test(name)) throw refusal(`${name} is a name of Sluicebox's own`);
    if (refused.test(name)) throw refusal(`${name} would run other code than the program`);
    if (typeof value !== "string") throw refusal(`the value of ${name} is no text`);
    if (value.includes("\0")) throw refusal(`the value of ${name} has a NUL in it`);
    if (!value.isWellFormed()) throw refusal(`the value of ${name} is no Unicode text`);
    bytes += name.length + Buffer.byteLength(value) + 2;
  }
  if (bytes > most.bytes) throw refusal(`the variables take ${plural(bytes, "byte")}, and ${most.bytes} are the most`);
}

/** Those of the values that nobody may be shown. */
export function secretsOf(env: ProgramEnv): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => (secretName.test(name) ? [value] : []));
}

function refusal(message: string): SluiceError {
  return new SluiceError("SLUICE_PROGRAM_ENV", message);
}
