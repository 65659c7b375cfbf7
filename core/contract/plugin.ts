import type { ErrorCode } from "./error-codes/index.ts";
import type { DeclaredError, PluginErrorCode } from "./errors.ts";
import type { DiagnoseContext, Finding } from "./finding.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { StreamContext } from "./streams.ts";
import type { Dependencies, Injectable } from "./token.ts";

/** What a plugin implements; each kind has an interface of its own. */
export type PluginKind = "model" | "sandbox" | "stage" | "transport" | "sink" | "store" | "service";

/**
 * - `stands-in`: its plugin serves where a profile declares no instance of its kind; asked of stores.
 * - `diagnoses`: its module has a `diagnose`.
 * - `terminal`: it writes to the terminal what is logged, so that nobody else has to.
 * - `page`: it serves a page for people, at `path` of its `listen` address.
 * - `plays-scripts`: a model or sandbox that does as its option `script` says; tests of a profile put it in the place of others.
 * - `streams-mcp`: its `serveStreams` speaks the Model Context Protocol.
 */
export type Capability = "stands-in" | "diagnoses" | "terminal" | "page" | "plays-scripts" | "streams-mcp";

/** `plugin.json`: read without importing any code. Its own schema is `schema/plugin.schema.json`. */
export interface PluginManifest {
  readonly name: string;
  readonly kind: PluginKind;
  /** The contract version; this core serves 1. */
  readonly api: 1;
  readonly description: string;
  /** The module, relative to the manifest; default `./index.js`, or `./index.ts` where only that exists. */
  readonly entry?: string;
  /** JSON Schema (draft 2020-12 subset, `type: object`) of `with`. Unknown keys are errors unless it says otherwise. */
  readonly config: JsonSchema;
  /**
   * What at most one instance may hold: `scheme:` and a JSON pointer into `with`, or a template with pointers in braces.
   *
   * - `tcp:/listen`: the address belongs to this instance alone. `0.0.0.0:8000` and `127.0.0.1:8000` are one port.
   * - `mount:{/listen} {/path} sluice.v1`: what a transport serves at a shared address. Transports share an address on
   *   purpose, so what comes after it must differ: the path, then a subprotocol (none for clients that ask for none).
   *   Or `http` for plain requests, `http:GET,HEAD` for those methods. List every path that is mounted.
   * - `file:/path`, or any other scheme: the text must differ.
   *
   * A claim whose pointers lead to no value is none. A pointer that ends in a question mark adds nothing to the text.
   * It drops the claim where its value is false or `off`: `mount:{/listen} /metrics http {/metrics?}`.
   */
  readonly resources?: readonly string[];
  /** What it can do that others ask for without knowing its name. */
  readonly capabilities?: readonly Capability[];
  /** What a sink is given where its instance has no `select`. What it does not want takes no room in its queue. */
  readonly selects?: readonly string[];
  /** Whether the module has a `check`, so that configurations are checked without importing the modules of others. */
  readonly checks?: boolean;
  /** The option whose address the secrets beside it are sent to: when it changes while the host runs, they are dropped. */
  readonly origin?: string;
  /** Options that are shown to those alone who may change the profile, such as a sandbox's `env`. */
  readonly private?: readonly string[];
  /**
   * JSON pointers to options whose values reach beyond the sandbox, and so must be allowed by a person once: a schema that
   * such a value fits. Or `outside` for paths that lead out of the profile's folder, or `elsewhere` for addresses beyond
   * this machine. Or `literal` for secrets that are not variables of a secret's name, such as `${env:MY_TOKEN}`: the
   * profile's author knows them. The empty pointer is the plugin itself.
   */
  readonly trust?: Readonly<Record<string, JsonSchema | "outside" | "elsewhere" | "literal">>;
  /**
   * Errors of the plugin's own, by code. Each code begins with `PLUGIN_` and the plugin's name in capitals, with `_` for
   * whatever is no letter or digit: `PLUGIN_PARROT_`. The host, the command line and the documentation treat them as ours.
   */
  readonly errors?: Readonly<Record<PluginErrorCode, DeclaredError>>;
  /** Ids of the tokens that a `service` provides. */
  readonly provides?: readonly string[];
  /** Ids of the tokens it injects that a `service` provides; the service starts first, and by itself if undeclared. */
  readonly requires?: readonly string[];
}

/** What `create` is given: the id, the options, and what was injected. */
export interface CreateContext<Config> {
  /** The instance's key in the profile. */
  readonly id: string;
  readonly config: Config;
  /** For each config key with `x-ref`, the instance it names. */
  readonly refs: Readonly<Record<string, unknown>>;
}

/** What a plugin's module exports by default; `definePlugin` makes one. */
export interface PluginDefinition<
  Config = unknown,
  Tokens extends Readonly<Record<string, Injectable>> = Readonly<Record<string, Injectable>>,
> {
  readonly inject?: Tokens;
  /** Cross-field checks that JSON Schema cannot express. Pure. */
  readonly check?: (config: Config) => readonly ConfigIssue[];
  readonly create: (context: CreateContext<Config> & Dependencies<Tokens>) => Lifecycle;
  /**
   * Looks whether what instances need is there, for `sluice doctor`. It must work where `start` would fail: it creates
   * nothing, changes nothing, and tells of what cannot be reached as a finding. The manifest says `diagnoses`.
   */
  readonly diagnose?: (context: DiagnoseContext<Config>) => AsyncIterable<Finding>;
  /**
   * For transports that can also serve one client over a pair of streams, without a port. `sluice mcp` does so on stdin
   * and stdout. Resolves when the client is gone and its runs have ended.
   */
  readonly serveStreams?: (context: StreamContext<Config>) => Promise<void>;
}

/** Something wrong with the options of an instance, as `check` tells it. */
export interface ConfigIssue {
  /** JSON pointer into `with`, such as `/network/allow/0`. */
  readonly path: string;
  readonly message: string;
  readonly cure?: string;
  /** Default `SLUICE_CONFIG_VALUE`; one that the manifest declares brings its own cure. */
  readonly code?: ErrorCode;
}

/**
 * Gives a plugin's module its types and returns it as it is: `export default definePlugin<Config>()({ inject, create })`.
 * Two calls, because TypeScript infers all of a call's type parameters or none.
 */
export function definePlugin<Config>() {
  return <Tokens extends Readonly<Record<string, Injectable>>>(
    definition: PluginDefinition<Config, Tokens>,
  ): PluginDefinition<Config, Tokens> => definition;
}
