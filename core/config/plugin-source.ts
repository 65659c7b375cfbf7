import type { ErrorCode } from "../contract/errors.ts";
import type { PluginDefinition } from "../contract/plugin.ts";
import type { DiscoveredPlugin } from "./plan.ts";

/**
 * How the checks of a profile reach plugins. Profiles are read before plugins are made, so that this folder knows no
 * other one: whoever loads a profile says where plugins are found.
 */
export interface PluginSource {
  /** What `use` names; `folder` is that of the profile which says it. */
  find(use: string, folder: string): Promise<Discovery>;
  /** Names that `use` can take without a path or an installation. */
  names(): readonly string[];
  /** The plugins of those names that can be used. */
  builtIns(): Promise<readonly DiscoveredPlugin[]>;
  /** Imports the module of a plugin. @throws SluiceError SLUICE_PLUGIN_LOAD */
  load(plugin: DiscoveredPlugin): Promise<Pick<PluginDefinition, "check">>;
}

/** Why a plugin cannot be used; `candidates` are the names that could have been meant. */
export interface DiscoveryFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cure?: string;
  readonly candidates?: readonly string[];
}

export type Discovery = { readonly plugin: DiscoveredPlugin } | { readonly failure: DiscoveryFailure };
