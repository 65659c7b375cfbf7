import type { ErrorEntry } from "./entry.ts";

export const hostErrors = {
  SLUICE_HOST_RUNNING: {
    class: "unavailable",
    retryable: false,
    when: "A host is already up for this user.",
    cure: "Stop it, or set SLUICE_HOME to another folder.",
  },
  SLUICE_HOST_UNAVAILABLE: {
    class: "unavailable",
    retryable: true,
    when: "No host is up, and this command needs one.",
    cure: "Start one with `sluice up` in another terminal.",
  },
  SLUICE_HOST_STOPPING: {
    class: "unavailable",
    retryable: true,
    when: "The host is stopping and takes nothing new.",
    cure: "Connect again when it is back.",
  },
  SLUICE_STORE_FAILED: {
    class: "unavailable",
    retryable: true,
    when: "The journal's store cannot be written or read.",
    cure: "Check space and rights of the data folder.",
  },
  SLUICE_RUN_NOT_FOUND: {
    class: "not-found",
    retryable: false,
    when: "No such run.",
    cure: "List runs with `sluice runs`.",
  },
  SLUICE_SESSION_NOT_FOUND: {
    class: "not-found",
    retryable: false,
    when: "No such session.",
    cure: "List the sessions of the host first.",
  },
  SLUICE_RUN_NOT_WAITING: {
    class: "conflict",
    retryable: false,
    when: "The run does not wait for this answer.",
    cure: "Answer after an input-request or approval-request.",
  },
  SLUICE_FLOW_NOT_FOUND: {
    class: "not-found",
    retryable: false,
    when: "No such flow in the profile.",
    cure: "Name one of the flows of the profile.",
  },
  SLUICE_FLOW_NO_BRANCH: {
    class: "unavailable",
    retryable: true,
    when: "Every branch of a fallback or race failed or is absent.",
    cure: "See each branch's error before this one; set a key, or add a local model.",
  },
  SLUICE_RUN_TIMEOUT: {
    class: "timeout",
    retryable: false,
    when: "The run took longer than its time-out.",
    cure: "Raise --timeout.",
  },
  SLUICE_RUN_BUDGET: {
    class: "limit",
    retryable: false,
    when: "The run would cost more than its budget.",
    cure: "Raise the budget, or use a cheaper model.",
  },
  SLUICE_CODE_REFUSED: {
    class: "invalid",
    retryable: false,
    when: "A rule, or whoever was asked, refused to run the code that a model wrote; the model is told.",
    cure: "Do it another way, or say why the code is needed.",
  },
  SLUICE_RUN_CANCELLED: {
    class: "cancelled",
    retryable: false,
    when: "The run was cancelled.",
    cure: "Start it again.",
  },
  SLUICE_RUN_LOST: {
    class: "unavailable",
    retryable: true,
    when: "The host ended while the run was under way.",
    cure: "Start it again; what it did until then is in its journal.",
  },
  SLUICE_NODE_TOO_OLD: {
    class: "unavailable",
    retryable: false,
    when: "The Node that runs the command is older than 24.",
    cure: "Install Node 24 or newer from https://nodejs.org.",
  },
  SLUICE_OUTPUT_FAILED: {
    class: "unavailable",
    retryable: false,
    when: "The command cannot write its own output.",
    cure: "See where stdout leads: a full disk, or a file that cannot be written.",
  },
  SLUICE_USAGE: {
    class: "usage",
    retryable: false,
    when: "A command was called with arguments that do not fit.",
    cure: "See `sluice COMMAND --help`.",
  },
  SLUICE_INTERNAL: {
    class: "internal",
    retryable: false,
    when: "A fault of Sluicebox itself.",
    cure: "Report it with the output of the same command under --log-level debug.",
  },
} as const satisfies Record<string, ErrorEntry>;
