import { SluiceError } from "../../../contract/errors.ts";
import { shorten } from "../upstream-error.ts";

/** Makes errors of what a provider says, without its keys. */
export interface AnswerErrors {
  readonly source: string;
  ofBody(value: unknown): SluiceError;
  mask(text: string): string;
}

const messages = {
  refusal: ["SLUICE_MODEL_REFUSED", "the model refused to answer"],
  filter: ["SLUICE_MODEL_REFUSED", "the provider's filter held the answer back"],
  "bad-call": ["SLUICE_MODEL_EMPTY", "the model called its tool in a way that the provider cannot read"],
  failure: ["SLUICE_MODEL_OVERLOADED", "the provider failed while it answered"],
  "not-begun": ["SLUICE_MODEL_EMPTY", "the provider loaded the model and answered nothing"],
  thoughts: ["SLUICE_MODEL_EMPTY", "the model thought, and answered nothing"],
  nothing: ["SLUICE_MODEL_EMPTY", "the model answered nothing"],
} as const;

/** The error for an answer that is none, with the provider's word for it. */
export function noAnswer(
  { source, mask }: Pick<AnswerErrors, "source" | "mask">,
  why: keyof typeof messages,
  { raw, words }: { readonly raw: string; readonly words: string },
): SluiceError {
  const [code, message] = messages[why];
  const said = shorten(mask(words));
  return new SluiceError(code, `${source}: ${message}${raw ? ` (${raw})` : ""}${said ? `: ${said}` : "."}`);
}
