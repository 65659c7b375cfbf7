import { SluiceError } from "../../core/contract/index.ts";
import { cutText } from "../../core/kit/index.ts";

/** A request that asks for what is not done here; clients of the interface are told which parameter it is. */
export class RefusedParameter extends SluiceError {
  readonly param: string;

  constructor(param: string, message: string, cure = `Leave ${param} away, or set what the profile has for it.`) {
    super("SLUICE_WIRE_PROTOCOL", message, { cure });
    this.param = param;
  }
}

type Fits = (value: unknown) => boolean;

const only =
  (...values: readonly unknown[]): Fits =>
  (value) =>
    values.includes(value);
const empty: Fits = (value) => typeof value === "object" && value !== null && Object.keys(value).length === 0;
const never: Fits = () => false;
const isWish: Fits = (value) => value === undefined || value === null || typeof value === "boolean";
const plainText: Fits = (value) => (value as { type?: unknown }).type === "text";
const textAlone: Fits = (value) => Array.isArray(value) && value.every((each) => each === "text");

/**
 * What would change the answer's shape or content, and is not done: each with the values that ask for nothing. What is
 * named neither here nor in request.ts, such as sampling, is the profile's affair and has no effect; see the README.
 */
const refused: Readonly<Record<string, Fits>> = {
  audio: never,
  best_of: only(1),
  echo: only(false),
  function_call: only("none", "auto"),
  // What servers of models have beside OpenAI: an answer of a form.
  format: only(""),
  functions: empty,
  grammar: only(""),
  guided_choice: never,
  guided_grammar: never,
  guided_json: never,
  guided_regex: never,
  json_schema: never,
  logit_bias: empty,
  logprobs: only(false),
  modalities: textAlone,
  n: only(1),
  prediction: never,
  response_format: plainText,
  stop: (value) => value === "" || empty(value),
  store: only(false),
  stream: isWish,
  stream_options: (value) => typeof value === "object" && isWish((value as { include_usage?: unknown }).include_usage),
  structured_outputs: empty,
  suffix: only(""),
  tool_choice: only("none", "auto"),
  tools: empty,
  top_logprobs: only(0),
  web_search_options: never,
};

/** @throws RefusedParameter for the first parameter that asks for what is not done */
export function checkParameters(request: Readonly<Record<string, unknown>>): void {
  for (const [name, fits] of Object.entries(refused)) {
    const value = Object.hasOwn(request, name) ? request[name] : undefined;
    if (value === undefined || value === null || fits(value)) continue;
    const shown = cutText(JSON.stringify(value) ?? "", 60);
    const why = name === "tools" || name === "functions" ? ": a flow runs its code by itself" : "";
    throw new RefusedParameter(name, `${name} ${shown} is not supported${why}`);
  }
}
