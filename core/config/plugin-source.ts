import type { ErrorCode } from "../contract/errors.ts";
import type { ConfigIssue } from "../contract/plugin.ts";
import type { DiscoveredPlugin, IsolationLimits } from "./plan.ts";

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
  /**
   * Imports the module of a plugin, and asks it about options where its manifest says that it checks them. One that is to
   * run in a process of its own is imported in one. @throws SluiceError SLUICE_PLUGIN_LOAD, SLUICE_PLUGIN_FAILED
   */
  check(
    plugin: DiscoveredPlugin,
    config: Readonly<Record<string, unknown>>,
    isolate: IsolationLimits | undefined,
  ): Promise<readonly ConfigIssue[]>;
}

/** Why a plugin cannot be used; `candidates` are the names that could have been meant. */
export interface DiscoveryFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cure?: string;
  readonly candidates?: readonly string[];
}

export type Discovery = { readonly plugin: DiscoveredPlugin } | { readonly failure: DiscoveryFailure };
