import type { ErrorEntry } from "./entry.ts";

export const pluginErrors = {
  SLUICE_PLUGIN_MANIFEST: {
    class: "config",
    retryable: false,
    when: "A plugin's plugin.json is missing, unreadable or against its schema.",
    cure: "Correct the plugin's manifest, or ask its author to.",
  },
  SLUICE_PLUGIN_API: {
    class: "config",
    retryable: false,
    when: "A plugin is written for another version of the contract.",
    cure: "Install a version of the plugin for this contract.",
  },
  SLUICE_PLUGIN_LOAD: {
    class: "unavailable",
    retryable: false,
    when: "A plugin's module cannot be imported.",
    cure: "Install the plugin's dependencies, or correct the module named.",
  },
  SLUICE_PLUGIN_CREATE: {
    class: "unavailable",
    retryable: false,
    when: "A plugin threw while it was created.",
    cure: "Read the reason given; the plugin's configuration or code is at fault.",
  },
  SLUICE_PLUGIN_DEPENDENCY: {
    class: "config",
    retryable: false,
    when: "A plugin injects what nothing provides, what its manifest does not require, or what needs the plugin itself.",
    cure: "Declare an instance that provides the token, name the token under `requires` in plugin.json, or break the circle.",
  },
  SLUICE_PLUGIN_START: {
    class: "unavailable",
    retryable: true,
    when: "A plugin could not start.",
    cure: "Read the reason given and start again.",
  },
  SLUICE_PLUGIN_TIMEOUT: {
    class: "unavailable",
    retryable: true,
    when: "A plugin took longer than its limit to start, drain or stop. Or a call of it was silent too long.",
    cure: "Read in its log what it waits for.",
  },
  SLUICE_PLUGIN_FAULT: {
    class: "unavailable",
    retryable: false,
    when: "A plugin threw, or did what the contract forbids, while a run used it.",
    cure: "Report it to the plugin's author, with the place that the message names.",
  },
  SLUICE_EVENT_REFUSED: {
    class: "internal",
    retryable: false,
    when: "A plugin emitted an event that cannot be written down: too deep, too large, or not what JSON can say.",
    cure: "Report it to the plugin's author; events hold strings, numbers, booleans, lists and maps.",
  },
  SLUICE_PLUGIN_FAILED: {
    class: "unavailable",
    retryable: true,
    when: "The instance is not running.",
    cure: "See its reason in `sluice up`'s log; it is restarted by itself unless its attempts are used up.",
  },
} as const satisfies Record<string, ErrorEntry>;
