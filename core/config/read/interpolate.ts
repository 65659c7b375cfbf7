import { statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { fileFault } from "../../kit/file-fault.ts";
import { cutText } from "../../kit/text/cut-text.ts";
import { plural } from "../../kit/text/plural.ts";
import { readPlainFile } from "../../kit/untrusted/plain-file.ts";
import { decodeText } from "./encoding.ts";
import { mask } from "./masking.ts";
import type { ProblemInput, Problems } from "./problems.ts";
import type { SourcePlace } from "./source.ts";
import { type ProfileNode, type ScalarNode, type Variable, walkScalars } from "./tree.ts";
import type { Trust } from "./trust.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** An expression that has no value: an error, or the reason why an optional instance is absent. */
export interface Unset {
  readonly segments: readonly string[];
  /** Such as `OPENAI_API_KEY is not set`. */
  readonly reason: string;
  readonly problem: ProblemInput;
}

/** Files named by `${file:...}` hold keys and tokens; a larger one is a mistake. */
const maximumFile = 1024 * 1024;

/**
 * Replaces the expressions in every text value, in place; keys are left alone and results are not looked at again.
 *
 * `${env:X}`, `${env:X:-default}`, `${env:X:?message}`, `${file:path}` (relative to the profile that says it, without
 * the last line's end), `$$` for one dollar. A blank variable counts as unset, as an empty one does for `:-` and `:?`
 * in a shell; so does a file that is blank.
 */
export function interpolate(root: ProfileNode, env: Environment, problems: Problems, trust: Trust): Unset[] {
  const unset: Unset[] = [];
  walkScalars(root, (scalar, segments) => {
    if (typeof scalar.value !== "string" || segments[0] === "extends") return;
    if (trust === "client") keepOpaque(scalar);
    else if (scalar.value.includes("$")) expand(scalar, segments, env, problems, unset);
  });
  return unset;
}

/** What stands for a secret in a client's text, or for anything else, stays the text it is: it is not judged. */
function keepOpaque(scalar: ScalarNode): void {
  const text = String(scalar.value);
  if (text.includes("${") || text.includes("__SECRET_") || text === mask) scalar.broken = true;
  else scalar.value = text.replaceAll("$$", "$");
}

function expand(
  scalar: ScalarNode,
  segments: readonly string[],
  env: Environment,
  problems: Problems,
  unset: Unset[],
): void {
  const variables: Variable[] = [];
  const files: string[] = [];
  const { place } = scalar;
  const written = String(scalar.value);
  const text = written.replace(/\$\$|\$\{([^}]*)(\}?)/g, (expression, body: string, close: string) => {
    if (expression === "$$") return "$";
    if (body.startsWith("file:")) files.push(body.slice("file:".length));
    const result =
      close === "" ? ({ fault: `\`${cutText(expression, 40)}\` is not closed` } as Fault) : evaluate(body, env, place);
    if ("fault" in result) {
      const { fault, code = "SLUICE_CONFIG_INTERPOLATION", suggestion, cure } = result;
      problems.add({ code, message: fault, place, suggestion, ...(cure === undefined ? {} : { cure }) });
      scalar.broken = true;
      return expression;
    }
    if ("missing" in result) {
      const { missing, code } = result;
      unset.push({ segments, reason: missing, problem: { code, message: missing, place, ...cureOf(result.variable) } });
      scalar.broken = true;
      return expression;
    }
    if (result.from !== undefined) variables.push({ name: `\${${result.from}}`, value: result.value });
    return result.value;
  });
  if (files.length > 0) scalar.files = files;
  if (scalar.broken) return;
  scalar.value = text;
  if (variables.length === 0) return;
  scalar.variables = variables;
  scalar.written = written;
  problems.conceal(variables, written);
}

function cureOf(variable: string | undefined): { cure?: string } {
  if (variable === undefined) return {};
  return {
    cure: `Set ${variable}, give a default with \${env:${variable}:-default}, or mark the instance optional: true.`,
  };
}

type Evaluation =
  | { readonly value: string; readonly from?: string }
  | { readonly missing: string; readonly code: ProblemInput["code"]; readonly variable?: string }
  | Fault;

interface Fault {
  readonly fault: string;
  readonly suggestion?: string;
  readonly code?: ProblemInput["code"];
  readonly cure?: string;
}

function evaluate(body: string, env: Environment, place: SourcePlace): Evaluation {
  if (body.includes("${"))
    return { fault: `\`\${${body}}\` stands inside another expression; a default is plain text` };
  if (body.startsWith("file:")) return readValue(body.slice("file:".length), place);
  const match = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([\s\S]*))?$/.exec(body);
  if (match === null) return unreadable(body);
  const [, name = "", operator, rest = ""] = match;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && value.trim() !== "") return { value, from: `env:${name}` };
  if (operator === "-") return { value: rest, from: `env:${name}` };
  const state = value === undefined ? "is not set" : value === "" ? "is empty" : "is blank";
  const missing = operator === "?" && rest !== "" ? `${name} ${state}: ${rest}` : `${name} ${state}`;
  return { missing, code: "SLUICE_CONFIG_UNSET_VARIABLE", variable: name };
}

function unreadable(body: string): Evaluation {
  const fault = `\`\${${body}}\` cannot be read`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(body)) return { fault, suggestion: `\${env:${body}}` };
  return { fault };
}

function readValue(path: string, place: SourcePlace): Evaluation {
  if (path === "") return { fault: "`${file:}` names no file" };
  const file = isAbsolute(path) ? path : resolve(place.source.folder, path);
  try {
    const status = statSync(file);
    if (!status.isFile()) return { fault: `${path} is no file` };
    if (status.size > maximumFile)
      return { fault: `${path} has ${plural(status.size, "byte")}; at most ${maximumFile} are read` };
    const decoded = decodeText(readPlainFile(file, maximumFile));
    if ("fault" in decoded)
      return { fault: `${path} ${decoded.fault}`, code: "SLUICE_CONFIG_ENCODING", cure: decoded.cure };
    const value = decoded.text.replace(/\r?\n$/, "");
    if (value.trim() === "")
      return { missing: `${path} is ${value === "" ? "empty" : "blank"}`, code: "SLUICE_CONFIG_UNSET_VARIABLE" };
    return { value, from: `file:${path}` };
  } catch (error) {
    const missing =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : `cannot be read: ${fileFault(error)}`;
    return { missing: `${path} ${missing}`, code: "SLUICE_CONFIG_NOT_FOUND" };
  }
}
