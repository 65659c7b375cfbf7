import { type ErrorCode, SluiceError } from "../../contract/errors.ts";
import { nearest } from "./nearest.ts";

/** `Did you mean \`x\`? `, or nothing where no other name is near. */
export function didYouMean(said: string, names: Iterable<string>): string {
  const meant = nearest(said, names);
  return meant === undefined || meant === said ? "" : `Did you mean \`${meant}\`? `;
}

/** A name that nothing has, and what there is instead. */
export interface UnknownName {
  readonly code: ErrorCode;
  /** What is named, such as `flow`. */
  readonly what: string;
  readonly said: string;
  readonly known: readonly string[];
  /** What should have it, such as `the profile`. */
  readonly where: string;
  /** What to do where there is none at all. */
  readonly none: string;
}

/** There is nothing of that name: what was probably meant, and what there is. */
export function unknownName({ code, what, said, known, where, none }: UnknownName): SluiceError {
  const cure = known.length === 0 ? none : `${didYouMean(said, known)}It has ${known.join(", ")}.`;
  return new SluiceError(code, `${where} has no ${what} \`${said}\``, { cure });
}

/** The profile has no instance of that id. */
export function unknownInstance(said: string, known: readonly string[]): SluiceError {
  return unknownName({
    ...{ code: "SLUICE_CONFIG_UNKNOWN_REFERENCE", what: "instance", said, known, where: "the profile" },
    none: "Add one under plugins: of the profile.",
  });
}

/** There is no flow of that name: `where` has none. */
export function unknownFlow(said: string, known: readonly string[], where = "the profile"): SluiceError {
  return unknownName({
    ...{ code: "SLUICE_FLOW_NOT_FOUND", what: "flow", said, known, where },
    none: "Add one under flows: of the profile.",
  });
}
