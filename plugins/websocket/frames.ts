import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientFrames } from "../../core/client/index.ts";
import { SluiceError } from "../../core/contract/index.ts";
import {
  compileSchema,
  cutText,
  packageRoot,
  parseJsonObject,
  type SchemaValidator,
  topText,
} from "../../core/kit/index.ts";
import { protocol } from "./config.ts";

export type IncomingFrame = ClientFrames[keyof ClientFrames];
export type ClientFrameType = keyof ClientFrames;

const clientFrameTypes: readonly ClientFrameType[] = [
  "hello",
  "open",
  "stdin",
  "follow",
  "unfollow",
  "input",
  "cancel",
  "interrupt",
  "ack",
  "call",
  "watch",
  "unwatch",
];

const validators = new Map<ClientFrameType, SchemaValidator>();

/** A frame that is not one, with what could be read of it. */
export class Violation extends SluiceError {
  readonly re: string | undefined;

  constructor(message: string, re?: unknown) {
    super("SLUICE_WIRE_PROTOCOL", message);
    this.re = typeof re === "string" && re !== "" && re.length <= 128 ? re : undefined;
  }
}

/** @throws Violation for what is not a frame of the protocol. */
export function decodeFrame(data: Buffer, binary: boolean): IncomingFrame {
  if (binary) throw new Violation("a binary frame: the protocol is JSON in text frames");
  let value: unknown;
  try {
    value = parseJsonObject(data, { from: "the client", bytes: protocol.frame, depth: protocol.depth });
  } catch (error) {
    // It is told which of its messages is meant, where that can still be read.
    throw new Violation(SluiceError.from(error).message, topText(data.toString("utf8"), "id"));
  }
  const { t, id } = value as { readonly t?: unknown; readonly id?: unknown };
  const type = clientFrameTypes.find((name) => name === t);
  if (type === undefined) throw new Violation(`there is no frame of type ${short(t)}${replaced(t)}`, id);
  const [issue] = validatorOf(type)(value);
  if (issue === undefined) return value as IncomingFrame;
  throw new Violation(`${type}${issue.path === "" ? "" : ` at ${issue.path}`}: ${issue.message}`, id);
}

function validatorOf(type: ClientFrameType): SchemaValidator {
  let validator = validators.get(type);
  if (validator === undefined) {
    const file = join(packageRoot, "schema/wire/client", `${type}.json`);
    validator = compileSchema(JSON.parse(readFileSync(file, "utf8")));
    validators.set(type, validator);
  }
  return validator;
}

/** What a client meant that was written for an earlier version. */
function replaced(type: unknown): string {
  return type === "credit" ? "; acknowledge what you have read instead: ack { run, seq }" : "";
}

function short(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(cutText(value, 40)) : typeof value;
}
