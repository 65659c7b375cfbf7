import "reflect-metadata";
import { type DependencyContainer, inject, injectable, container as root } from "tsyringe";
import { SluiceError } from "../contract/errors.ts";
import type { Lifecycle } from "../contract/lifecycle.ts";
import type { CreateContext, PluginDefinition, PluginKind, PluginManifest } from "../contract/plugin.ts";
import type { Token, TokenScope } from "../contract/token.ts";
import { ConfigToken, RefsToken } from "../contract/tokens.ts";
import { injectedInto } from "../kit/decorators.ts";
import { kindOf } from "./checked/fault.ts";

/** What a plugin's module has as its default export. */
export type PluginModule = PluginDefinition | PluginClass;

type PluginClass = new (...parameters: never[]) => Lifecycle;

/**
 * Dependency injection: one container for the host, a child for each instance. Tokens are known by their id. A plugin
 * with its own copy of this package still names the same things. tsyringe creates; it never starts, stops or disposes,
 * since its disposal has no order.
 */
export class Container {
  readonly #container: DependencyContainer;
  /** Ids of what instances provide, and not the host itself. */
  readonly #services: Set<string>;
  /** Ids that were asked for by name. */
  readonly #demanded = new Set<string>();

  constructor(container: DependencyContainer = root.createChildContainer(), services = new Set<string>()) {
    this.#container = container;
    this.#services = services;
  }

  child(): Container {
    return new Container(this.#container.createChildContainer(), this.#services);
  }

  provide<T>(token: Token<T, TokenScope>, value: T): void {
    this.#container.register(token.id, { useValue: value });
  }

  /** For what another instance provides, once it has been created. */
  provideService<T>(token: Token<T, TokenScope>, factory: () => T): void {
    this.#services.add(token.id);
    this.#container.register(token.id, { useFactory: factory });
  }

  has(token: Pick<Token<unknown>, "id">): boolean {
    return this.#container.isRegistered(token.id, true);
  }

  get<T>(token: Pick<Token<T>, "id">): T {
    return this.#container.resolve<T>(token.id);
  }

  /**
   * Creates an instance from a plugin's module: from a definition, or from a class whose parameters are `@inject`ed.
   * `requires` are the services that its manifest names, which decide what starts first: they must be those it injects.
   * @throws SluiceError SLUICE_PLUGIN_DEPENDENCY that prints the way to what is missing, or the way round
   */
  create(plugin: PluginModule, context: CreateContext<unknown>, requires: readonly string[] = []): Lifecycle {
    this.provide(ConfigToken, context.config);
    this.provide(RefsToken, context.refs);
    if (typeof plugin === "function") {
      this.#bind(plugin, [context.id]);
      this.#compare(context.id, requires);
      return this.#container.resolve(plugin as new (...parameters: unknown[]) => Lifecycle);
    }
    const injected = Object.fromEntries(
      Object.entries(plugin.inject ?? {}).map(([name, token]) => {
        this.#demand(token, [context.id, name]);
        return [name, this.get(token)];
      }),
    );
    this.#compare(context.id, requires);
    return plugin.create({ ...injected, ...context });
  }

  /**
   * Hands a class's decorations to tsyringe, for the classes of its parameters as well. tsyringe has no names for tokens,
   * and for a circle it says to use `delay`; the way is known here.
   */
  #bind(plugin: Constructor, way: readonly string[]): void {
    const name = plugin.name || "class";
    if (way.includes(name)) throw failure(`${[...way, name].join(" -> ")} is a circle`);
    const here = [...way, name];
    const ours = injectedInto(plugin);
    for (const [index, token] of Object.entries(ours ?? {})) {
      inject(isToken(token) ? token.id : (token as never))(plugin, undefined, Number(index));
    }
    if (ours !== undefined) injectable()(plugin as never);
    const parameters: readonly unknown[] = Reflect.getMetadata("design:paramtypes", plugin) ?? [];
    const named: Readonly<Record<number, unknown>> = Reflect.getOwnMetadata("injectionTokens", plugin) ?? {};
    const count = Math.max(parameters.length, plugin.length, ...Object.keys(named).map((index) => Number(index) + 1));
    for (let index = 0; index < count; index += 1) {
      const what = [...here, `parameter ${index + 1}`];
      const token = tokenOf(named[index] ?? parameters[index]);
      if (typeof token === "string") this.#demand({ id: token }, what);
      else if (isOwnClass(token)) this.#bind(token, here);
      else if (!(index in named)) throw failure(`${what.join(" -> ")} names nothing to inject: write @inject(TOKEN)`);
    }
  }

  #compare(id: string, requires: readonly string[]): void {
    const unsaid = [...this.#demanded].find((token) => this.#services.has(token) && !requires.includes(token));
    if (unsaid !== undefined) throw failure(`${id} injects ${unsaid}, which its plugin.json does not require`);
    const unused = requires.find((token) => !this.#demanded.has(token));
    if (unused !== undefined) throw failure(`${id} does not inject ${unused}, which its plugin.json requires`);
  }

  #demand(token: Pick<Token<unknown>, "id">, way: readonly string[]): void {
    this.#demanded.add(token.id);
    if (!this.has(token)) throw failure(`${way.join(" -> ")} needs ${token.id}, and nothing provides it`);
  }
}

type Constructor = abstract new (...parameters: never[]) => object;

function isToken(value: unknown): value is Token<unknown, TokenScope> {
  return typeof value === "object" && value !== null && typeof (value as { id?: unknown }).id === "string";
}

/** tsyringe keeps a token with how it is asked for. */
function tokenOf(parameter: unknown): unknown {
  return typeof parameter === "object" && parameter !== null && "token" in parameter ? parameter.token : parameter;
}

/** Types such as `Object`, `String` and `Promise` stand for whatever has no class of its own. */
function isOwnClass(value: unknown): value is Constructor {
  return typeof value === "function" && (globalThis as Readonly<Record<string, unknown>>)[value.name] !== value;
}

function failure(message: string): SluiceError {
  return new SluiceError("SLUICE_PLUGIN_DEPENDENCY", message);
}

/** What an instance of each kind cannot do without: methods, and fields that are texts. */
const shapes: Readonly<
  Record<PluginKind, { readonly methods: readonly string[]; readonly texts?: readonly string[] }>
> = {
  model: { methods: ["generate"], texts: ["modelId"] },
  sandbox: { methods: ["open"] },
  stage: { methods: ["apply"] },
  transport: { methods: ["start"] },
  sink: { methods: ["write", "flush"] },
  store: { methods: ["append", "read", "runs", "unfinished"] },
  service: { methods: [] },
};

/** What may be there besides, and is called where it is. */
const optional = ["start", "drain", "reconfigure"] as const;

/**
 * Holds what `create` returned to the contract of its kind. So a slip is told by name at the start, and not by a
 * `TypeError` in a run.
 * @throws SluiceError SLUICE_PLUGIN_CREATE
 */
export function demandShape(id: string, { name, kind }: PluginManifest, instance: unknown): void {
  const { methods, texts = [] } = shapes[kind];
  const what = problemOf(instance, methods, texts);
  if (what === undefined) return;
  throw new SluiceError("SLUICE_PLUGIN_CREATE", `${id}: create of ${name} returned ${what}`, {
    cure: `A ${kind} has ${[...methods, ...texts, "[Symbol.asyncDispose]"].join(", ")}: see its type in sluicebox/contract.`,
  });
}

function problemOf(instance: unknown, methods: readonly string[], texts: readonly string[]): string | undefined {
  if (typeof instance !== "object" || instance === null) return kindOf(instance);
  const created = instance as Readonly<Record<PropertyKey, unknown>>;
  if (typeof created["then"] === "function") return "a promise: what takes time belongs into start";
  const missing = [
    ...methods.filter((method) => typeof created[method] !== "function"),
    ...texts.filter((text) => typeof created[text] !== "string"),
    ...(typeof created[Symbol.asyncDispose] === "function" ? [] : ["[Symbol.asyncDispose]"]),
  ];
  if (missing.length > 0) return `something without ${missing.join(", ")}`;
  const wrong = optional.find((method) => created[method] !== undefined && typeof created[method] !== "function");
  if (wrong !== undefined) return `something whose ${wrong} is ${kindOf(created[wrong])}`;
  const health = created["health$"] as { readonly subscribe?: unknown } | undefined;
  if (health === undefined || typeof health?.subscribe === "function") return undefined;
  return `something whose health$ is ${kindOf(health)}, and not an Observable`;
}
