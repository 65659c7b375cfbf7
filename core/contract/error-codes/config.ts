import type { ErrorEntry } from "./entry.ts";

export const configErrors = {
  SLUICE_CONFIG_SYNTAX: {
    class: "config",
    retryable: false,
    when: "The profile is not valid YAML.",
    cure: "Correct the YAML at the place shown.",
  },
  SLUICE_CONFIG_NOT_FOUND: {
    class: "config",
    retryable: false,
    when: "The profile, or a file it extends, does not exist or cannot be read.",
    cure: "Check the path, or give a profile with -p.",
  },
  SLUICE_CONFIG_UNKNOWN_KEY: {
    class: "config",
    retryable: false,
    when: "A key that the plugin or the profile does not have.",
    cure: "Remove the key or take the suggested one; `sluice explain` lists a flow's options.",
  },
  SLUICE_CONFIG_MISSING_KEY: {
    class: "config",
    retryable: false,
    when: "A required key is absent.",
    cure: "Add the key.",
  },
  SLUICE_CONFIG_DUPLICATE_KEY: {
    class: "config",
    retryable: false,
    when: "One key stands twice in one map.",
    cure: "Remove one of the two.",
  },
  SLUICE_CONFIG_TYPE: {
    class: "config",
    retryable: false,
    when: "A value has the wrong type.",
    cure: "Write a value of the type named.",
  },
  SLUICE_CONFIG_VALUE: {
    class: "config",
    retryable: false,
    when: "A value is out of range or not among those allowed.",
    cure: "Write one of the values allowed.",
  },
  SLUICE_CONFIG_UNIT: {
    class: "config",
    retryable: false,
    when: "A duration, size or address without its unit or in the wrong form.",
    cure: "Write the unit: 30s, 512m, 127.0.0.1:8000.",
  },
  SLUICE_CONFIG_UNSET_VARIABLE: {
    class: "config",
    retryable: false,
    when: "`${env:X}` names a variable that is not set.",
    cure: "Set the variable, give a default with ${env:X:-default}, or mark the instance optional: true.",
  },
  SLUICE_CONFIG_INTERPOLATION: {
    class: "config",
    retryable: false,
    when: "A `${...}` expression that cannot be read.",
    cure: "Use ${env:NAME}, ${env:NAME:-default}, ${env:NAME:?message}, ${file:path} or $$.",
  },
  SLUICE_CONFIG_UNKNOWN_PLUGIN: {
    class: "config",
    retryable: false,
    when: "`use` names no plugin that can be found.",
    cure: "Take one of the plugins suggested, a ./folder or an installed npm package.",
  },
  SLUICE_CONFIG_UNKNOWN_REFERENCE: {
    class: "config",
    retryable: false,
    when: "A reference or a flow names an instance that does not exist.",
    cure: "Name an instance under plugins:.",
  },
  SLUICE_CONFIG_WRONG_KIND: {
    class: "config",
    retryable: false,
    when: "A reference names an instance of another kind.",
    cure: "Name an instance of the kind wanted.",
  },
  SLUICE_CONFIG_FLOW: {
    class: "config",
    retryable: false,
    when: "A flow expression that cannot be compiled.",
    cure: "Use an instance id, a list, or one of fallback, race, all, balance, loop, when.",
  },
  SLUICE_CONFIG_CYCLE: {
    class: "config",
    retryable: false,
    when: "Profiles that extend, or instances that refer to, each other in a circle.",
    cure: "Break the circle at one of the places named.",
  },
  SLUICE_CONFIG_RESOURCE_CONFLICT: {
    class: "config",
    retryable: false,
    when: "Two instances claim one port, path or file.",
    cure: "Give one of them another address or file.",
  },
  SLUICE_CONFIG_LITERAL_SECRET: {
    class: "config",
    retryable: false,
    when: "A secret stands in the profile in plain text (a warning).",
    cure: "Put it into an environment variable and write ${env:NAME}, or into a file and write ${file:path}.",
  },
  SLUICE_CONFIG_UNSAFE: {
    class: "config",
    retryable: false,
    when: "A setting that opens the host to others without protection.",
    cure: "Bind to 127.0.0.1, or set a token.",
  },
  SLUICE_CONFIG_RESTART_NEEDED: {
    class: "config",
    retryable: false,
    when: "The option cannot be changed while the host runs.",
    cure: "Change it in the profile and start the host again.",
  },
  SLUICE_CONFIG_INVALID: {
    class: "config",
    retryable: false,
    when: "The profile has problems; each is listed.",
    cure: "Correct the problems listed; `sluice check` shows them again.",
  },
} as const satisfies Record<string, ErrorEntry>;
