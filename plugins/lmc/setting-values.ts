/** Says whether a value holds here, so that what is answered with success is done. */
export type Fits = (value: unknown) => boolean;

const isText: Fits = (value) => typeof value === "string";
const isFlag: Fits = (value) => typeof value === "boolean";
const only =
  (...values: readonly unknown[]): Fits =>
  (value) =>
    values.includes(value);
/** Null, and nothing else: the original's word for what is not set. */
const unset = only();

/**
 * Attributes of the original that clients set, and the values that are kept here, besides null. Others are refused: what
 * is answered with success is done. `offline` promises what is always so: nothing is told to anybody.
 */
export const attributes: Readonly<Record<string, Fits>> = {
  auto_run: isFlag,
  system_message: isText,
  custom_instructions: isText,
  offline: isFlag,
  verbose: only(false),
  debug: only(false),
  safe_mode: only("off"),
  max_output: only(2800),
  loop: only(false),
  loop_message: unset,
  user_message_template: only("{content}"),
  code_output_template: unset,
};

/** The original's names of a model's parameters, and ours: these are the conversation's own. */
export const ownParameters: Readonly<Record<string, string>> = { temperature: "temperature" };

/** The original's names of a model's settings, and ours: these are set on the model itself, for everybody. */
export const modelOptions: Readonly<Record<string, string>> = {
  model: "model",
  api_base: "baseURL",
  api_key: "apiKey",
  supports_vision: "vision",
};

/**
 * What else the original has there. Code runs whether a model fences it or calls a tool, so either word of
 * `supports_functions` is kept. The bounds of a model are its profile's.
 */
const llm: Readonly<Record<string, Fits>> = {
  supports_functions: isFlag,
  vision_renderer: unset,
  context_window: unset,
  max_tokens: unset,
  max_budget: unset,
  api_version: unset,
  execution_instructions: only("", false),
};

/** The sandbox is set by the profile alone. Pictures are always sent, and none of the original's helpers is imported. */
const computer: Readonly<Record<string, Fits>> = {
  verbose: only(false),
  debug: only(false),
  offline: isFlag,
  emit_images: only(true),
  import_computer_api: only(false),
  import_skills: only(false),
  save_skills: only(false),
  max_output: only(2800),
  system_message: only(""),
  api_base: unset,
  languages: unset,
};

export const groups: Readonly<Record<string, Readonly<Record<string, Fits>>>> = { llm, computer };
