import { SluiceError } from "../../contract/errors.ts";
import type { ModelInfo } from "../../contract/model.ts";
import { timeLimit } from "../timing/timer.ts";
import { parseJson } from "../untrusted/parse-json.ts";
import type { Fetch } from "./fetch.ts";
import { errorOfFailure, errorOfResponse } from "./upstream-failure.ts";

/** Where and how a provider lists its models. */
export interface Catalogue {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes a list of the provider's JSON. Throws or returns nothing sensible for anything else. */
  read(body: unknown): readonly ModelInfo[];
}

export interface CatalogueContext {
  readonly source: string;
  readonly fetch: Fetch;
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
  /** Milliseconds for the whole request. */
  readonly timeout: number;
}

/** Reads the list of models: the cheapest request that proves address, key and model. */
export async function readCatalogue(catalogue: Catalogue, context: CatalogueContext): Promise<readonly ModelInfo[]> {
  const { source, secrets } = context;
  const late = timeLimit(context.timeout);
  try {
    const response = await context.fetch(catalogue.url, {
      headers: catalogue.headers,
      signal: AbortSignal.any([context.signal, late]),
    });
    if (!response.ok) throw await errorOfResponse(response, context);
    return catalogue.read(parseJson(await response.text(), { from: source, code: "SLUICE_MODEL_MALFORMED" }));
  } catch (error) {
    if (late.aborted) {
      throw new SluiceError("SLUICE_MODEL_TIMEOUT", `${source}: no list of models within ${context.timeout / 1000} s.`);
    }
    if (error instanceof SyntaxError || (error instanceof TypeError && error.cause === undefined)) {
      throw new SluiceError("SLUICE_MODEL_MALFORMED", `${source}: the list of models is not what was expected.`);
    }
    throw errorOfFailure(error, { source, secrets, responded: false });
  }
}

/** `{ data: [{ id }] }`, as OpenAI and everything that follows it answers. */
export function readOpenAIList(body: unknown): readonly ModelInfo[] {
  return (body as { data: { id: string }[] }).data.map(({ id }) => ({ id }));
}

/** An address and a path, with one slash between them. */
export function joinURL(base: string, path: string): string {
  return `${base.replace(/\/+$/, "")}${path}`;
}
