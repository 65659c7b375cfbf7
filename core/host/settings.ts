import { movedSecrets } from "../config/edit/key-origin.ts";
import { schemaErrors } from "../config/schema/schema.ts";
import { secretsIn } from "../config/schema/secrets.ts";
import { coerceUnit, isUnit } from "../config/schema/units.ts";
import { SluiceError } from "../contract/errors.ts";
import type { Settings } from "../contract/host.ts";
import type { JsonSchema } from "../contract/json-schema.ts";
import type { PluginManifest } from "../contract/plugin.ts";
import type { Instance } from "../instances/instance.ts";
import { cutText } from "../kit/text/cut-text.ts";
import { didYouMean, unknownInstance } from "../kit/text/unknown-name.ts";

type Values = Readonly<Record<string, unknown>>;

export interface SettingsOptions {
  readonly instances: () => readonly Instance[];
  /** Takes secrets out of what is shown, such as a password within an address. */
  readonly hide?: (value: unknown) => unknown;
  /** Told of new secrets, before anybody can repeat them. */
  readonly onSecrets?: (values: readonly string[]) => void;
  /** Told after a change was made. */
  readonly onChange: (instance: string, keys: readonly string[], origin: string) => void;
  /** Told of the secrets that were dropped because their address was changed. */
  readonly onDropped: (instance: string, keys: readonly string[], origin: string) => void;
}

/** Options that change while the host runs: those whose schema says `x-reload: live`. Calls under way keep theirs. */
export class LiveSettings implements Settings {
  readonly #options: SettingsOptions;

  constructor(options: SettingsOptions) {
    this.#options = options;
  }

  get(id: string): Values {
    const instance = this.#find(id);
    const properties = propertiesOf(instance);
    const shown = Object.fromEntries(
      Object.entries(instance.config)
        .filter(([key]) => properties[key]?.["x-reload"] === "live")
        .map(([key, value]) => [key, properties[key]?.["x-secret"] === true && value !== "" ? "***" : value]),
    );
    return (this.#options.hide?.(shown) ?? shown) as Values;
  }

  set(id: string, values: Values, origin: string): void {
    const instance = this.#find(id);
    const properties = propertiesOf(instance);
    const changed: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(values)) {
      const schema = properties[key];
      if (!schema) {
        const live = Object.keys(properties).filter((name) => properties[name]?.["x-reload"] === "live");
        throw new SluiceError("SLUICE_CONFIG_UNKNOWN_KEY", `${id} has no option ${key}`, {
          cure: `${didYouMean(key, live)}Options that can be changed while it runs: ${live.join(", ") || "none"}.`,
        });
      }
      if (schema["x-reload"] !== "live") {
        throw new SluiceError("SLUICE_CONFIG_RESTART_NEEDED", `${key} of ${id} cannot be changed while the host runs`);
      }
      changed[key] = checked(id, key, value, schema);
    }
    // A key belongs to the address it was given for.
    const after = { ...instance.config, ...changed };
    const kept = movedSecrets(instance.plan.plugin.manifest, instance.config, after);
    const moved = kept.filter((key) => !Object.hasOwn(changed, key));
    const dropped = Object.fromEntries(moved.map((key) => [key, emptyOf(instance.config[key])]));
    this.#options.onSecrets?.(secretsIn(instance.plan.plugin.manifest.config, changed));
    instance.reconfigure({ ...changed, ...dropped });
    this.#options.onChange(id, [...Object.keys(changed), ...moved], origin);
    if (moved.length > 0) this.#options.onDropped(id, moved, origin);
  }

  demandForRun(id: string, values: Values): void {
    demandForRun(this.#options.instances(), id, values);
  }

  #find(id: string): Instance {
    return instanceOf(this.#options.instances(), id);
  }
}

/** Options that a model takes for one run. @throws SluiceError SLUICE_RUN_PARAMETER, SLUICE_CONFIG_TYPE */
export function demandForRun(instances: readonly Instance[], id: string, values: Values): void {
  const { manifest } = instanceOf(instances, id).plan.plugin;
  const options = Object.entries((manifest.config["properties"] ?? {}) as Record<string, JsonSchema>);
  // Whatever it says of them: keys and addresses of one client must not become another's.
  const taken = options.filter(([name, schema]) => schema["x-run"] === true && !isForAll(manifest, name, schema));
  const schemas = new Map(taken);
  for (const [key, value] of Object.entries(values)) {
    const schema = schemas.get(key);
    if (schema === undefined) {
      throw new SluiceError("SLUICE_RUN_PARAMETER", `${id} takes no ${cutText(key, 60)} for one run`, {
        cure: `${didYouMean(key, [...schemas.keys()])}Options that may be set for one run: ${[...schemas.keys()].join(", ") || "none"}.`,
      });
    }
    checked(id, key, value, schema);
  }
}

function isForAll(manifest: PluginManifest, name: string, schema: JsonSchema): boolean {
  return manifest.kind !== "model" || manifest.origin === name || schema["x-secret"] === true;
}

function instanceOf(instances: readonly Instance[], id: string): Instance {
  const found = instances.find((instance) => instance.id === id);
  if (found) return found;
  throw unknownInstance(
    id,
    instances.map((instance) => instance.id),
  );
}

/** Nothing, in the form the plugin knows. */
function emptyOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? {} : "";
}

function propertiesOf(instance: Instance): Readonly<Record<string, JsonSchema>> {
  return (instance.plan.plugin.manifest.config["properties"] ?? {}) as Record<string, JsonSchema>;
}

function checked(id: string, key: string, value: unknown, schema: JsonSchema): unknown {
  const [error] = schemaErrors(schema, value);
  if (error) throw new SluiceError("SLUICE_CONFIG_TYPE", `${key} of ${id} ${error.message ?? "has the wrong type"}`);
  const unit = schema["x-unit"];
  if (!isUnit(unit) || typeof value !== "string") return value;
  const coerced = coerceUnit(unit, value, "/");
  if (coerced === undefined) throw new SluiceError("SLUICE_CONFIG_UNIT", `${key} of ${id} is no ${unit}: ${value}`);
  return coerced;
}
