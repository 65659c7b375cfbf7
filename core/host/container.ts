import "reflect-metadata";
import { type DependencyContainer, container as root } from "tsyringe";
import type { CreateContext, Lifecycle, PluginDefinition } from "../contract/plugin.ts";
import type { Token } from "../contract/token.ts";
import { ConfigToken, RefsToken } from "../contract/tokens.ts";

/**
 * Dependency injection: one container for the host, a child for each instance. Tokens are known by their id, so that a
 * plugin which carries its own copy of this package still names the same things. tsyringe creates; it never starts,
 * stops or disposes, since its disposal has no order.
 */
export class Container {
  readonly #container: DependencyContainer;

  constructor(container: DependencyContainer = root.createChildContainer()) {
    this.#container = container;
  }

  child(): Container {
    return new Container(this.#container.createChildContainer());
  }

  provide<T>(token: Token<T>, value: T): void {
    this.#container.register(token.id, { useValue: value });
  }

  /** For what exists only once another instance has been created. */
  provideLater<T>(token: Token<T>, factory: () => T): void {
    this.#container.register(token.id, { useFactory: factory });
  }

  has(token: Token<unknown>): boolean {
    return this.#container.isRegistered(token.id, true);
  }

  get<T>(token: Token<T>): T {
    return this.#container.resolve<T>(token.id);
  }

  /** Creates an instance from a plugin's module: from a definition, or from a class whose parameters are `@inject`ed. */
  create(plugin: PluginModule, context: CreateContext<unknown>): Lifecycle {
    this.provide(ConfigToken, context.config);
    this.provide(RefsToken, context.refs);
    if (typeof plugin === "function") return this.#container.resolve(plugin as new () => Lifecycle);
    const injected = Object.fromEntries(
      Object.entries(plugin.inject ?? {}).map(([name, token]) => [name, this.get(token)]),
    );
    return plugin.create({ ...injected, ...context });
  }
}

/** What a plugin's module has as its default export. */
export type PluginModule = PluginDefinition | (new (...parameters: never[]) => Lifecycle);
