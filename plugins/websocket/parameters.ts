import { SluiceError } from "../../core/contract/index.ts";

export type Parameters = Readonly<Record<string, unknown>>;

/** @throws SluiceError SLUICE_WIRE_PROTOCOL when the parameter is not a text with something in it. */
export function textOf(parameters: Parameters, name: string): string {
  const value = optionalText(parameters, name);
  if (value === undefined) throw wrong(`the parameter ${name} is missing`);
  return value;
}

export function optionalText(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value === "") throw wrong(`the parameter ${name} is not a text`);
  return value;
}

/** A whole number from 0 on, that is there. */
export function countOf(parameters: Parameters, name: string): number {
  const value = optionalCount(parameters, name);
  if (value === undefined) throw wrong(`the parameter ${name} is missing`);
  return value;
}

/** A whole number from 0 on. */
export function optionalCount(parameters: Parameters, name: string): number | undefined {
  const value = parameters[name];
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(`the parameter ${name} is not a whole number`);
  return value as number;
}

export function optionalNumber(parameters: Parameters, name: string): number | undefined {
  const value = parameters[name];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(`the parameter ${name} is not a number`);
  return value;
}

export function objectOf(parameters: Parameters, name: string): Parameters {
  const value = parameters[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(`the parameter ${name} is not an object`);
  }
  return value as Parameters;
}

export function listOf(parameters: Parameters, name: string): readonly Parameters[] {
  const value = parameters[name];
  if (!Array.isArray(value)) throw wrong(`the parameter ${name} is not a list`);
  return value.map((_, index) => objectOf(value as unknown as Parameters, String(index)));
}

function wrong(message: string): SluiceError {
  return new SluiceError("SLUICE_WIRE_PROTOCOL", message, { cure: "Send the parameters that the method wants." });
}
