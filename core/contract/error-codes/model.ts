import type { ErrorEntry } from "./entry.ts";

export const modelErrors = {
  SLUICE_MODEL_UNREACHABLE: {
    class: "unavailable",
    retryable: true,
    when: "The model's provider cannot be reached.",
    cure: "Check baseURL and the network; `sluice doctor` tries every provider.",
  },
  SLUICE_MODEL_AUTH: {
    class: "auth",
    retryable: false,
    when: "The provider refused the key.",
    cure: "Set a valid key in the environment variable that the profile names.",
  },
  SLUICE_MODEL_RATE_LIMIT: {
    class: "limit",
    retryable: true,
    when: "The provider asks to slow down.",
    cure: "Wait, or add a fallback.",
  },
  SLUICE_MODEL_OVERLOADED: {
    class: "unavailable",
    retryable: true,
    when: "The provider is overloaded or failed on its side.",
    cure: "Try again later, or add a fallback.",
  },
  SLUICE_MODEL_PAUSED: {
    class: "unavailable",
    retryable: true,
    when: "The model failed several times in a row and is left alone for a while.",
    cure: "Wait, or add a fallback; `breaker` in the profile sets when and how long.",
  },
  SLUICE_MODEL_REQUEST: {
    class: "invalid",
    retryable: false,
    when: "The provider refused the request.",
    cure: "Read the provider's message; the model's name or an option is at fault.",
  },
  SLUICE_MODEL_VISION: {
    class: "invalid",
    retryable: false,
    when: "Pictures came with the input, and the model cannot see. It was told their paths, and the run goes on.",
    cure: "Ask a model that can see; where this one can, set `vision: true`.",
  },
  SLUICE_MODEL_CONTEXT: {
    class: "limit",
    retryable: false,
    when: "The conversation is longer than the model's context.",
    cure: "Begin a new session, or use a model with a larger context.",
  },
  SLUICE_MODEL_TIMEOUT: {
    class: "timeout",
    retryable: true,
    when: "The model did not connect, answer, go on or end in time.",
    cure: "Raise the time-out named, or use another model.",
  },
  SLUICE_MODEL_INCOMPLETE: {
    class: "unavailable",
    retryable: true,
    when: "The stream stopped without the provider's end.",
    cure: "Try again; a proxy between may cut long answers.",
  },
  SLUICE_MODEL_MALFORMED: {
    class: "unavailable",
    retryable: true,
    when: "The provider sent something that is not its protocol.",
    cure: "Check that baseURL speaks the protocol of the plugin.",
  },
  SLUICE_MODEL_EMPTY: {
    class: "unavailable",
    retryable: true,
    when: "The model answered nothing, or nothing but thoughts.",
    cure: "Try again, raise `maxTokens` where thoughts used it up, or add a fallback.",
  },
  SLUICE_MODEL_REFUSED: {
    class: "invalid",
    retryable: false,
    when: "The model refused to answer, or the provider's filter held its answer back.",
    cure: "Ask in other words, or add a fallback.",
  },
  SLUICE_MODEL_CUT: {
    class: "limit",
    retryable: false,
    when: "An answer was cut off inside its code. The code was not run, and the model was told.",
    cure: "Give the whole code again, shorter or in parts. A higher `maxTokens` leaves more room.",
  },
  SLUICE_MODEL_CALL: {
    class: "invalid",
    retryable: false,
    when: "A tool call cannot be read. Nothing was run, and the model was told.",
    cure: "Call `execute` with one JSON object of the texts `language` and `code`.",
  },
  SLUICE_MODEL_NOT_INSTALLED: {
    class: "unavailable",
    retryable: false,
    when: "The local model or its runtime is not installed.",
    cure: "Run `sluice models pull`.",
  },
  SLUICE_MODEL_DOWNLOAD: {
    class: "unavailable",
    retryable: true,
    when: "A model could not be downloaded, or its checksum does not match.",
    cure: "Check the network and run `sluice models pull` again.",
  },
  SLUICE_MODEL_SCRIPT: {
    class: "invalid",
    retryable: false,
    when: "The script has no answer for this turn.",
    cure: "Add an answer to the script, or set repeat: true.",
  },
} as const satisfies Record<string, ErrorEntry>;
