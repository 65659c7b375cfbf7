import type { Injectable } from "../contract/token.ts";

type Constructor = abstract new (...parameters: never[]) => object;

/** Where a class keeps what its parameters are named by; the host hands it to tsyringe. Shared by copies of this package. */
const key = Symbol.for("sluicebox/injected");

/**
 * Marks a plugin that is written as a class: `export default @injectable() class ...`. The host gives each parameter of
 * its constructor what the parameter's `@inject` names. The class is the plugin's default export.
 */
export function injectable(): (plugin: Constructor) => void {
  return (plugin) => {
    if (!Object.hasOwn(plugin, key)) Object.defineProperty(plugin, key, { value: {} });
  };
}

/**
 * Names what the host gives a parameter: a token, as in `inject` of `definePlugin`, or a class that is decorated as well
 * and made anew. Every parameter has one.
 */
export function inject(
  token: Injectable | Constructor,
): (plugin: object, member: string | symbol | undefined, parameter: number) => void {
  return (plugin, _member, parameter) => {
    const named = Object.hasOwn(plugin, key) ? (plugin as { [key]?: object })[key] : {};
    Object.defineProperty(plugin, key, { value: { ...named, [parameter]: token }, configurable: true });
  };
}

/** What the parameters of a class are named by, by their place; undefined for a class that is not decorated so. */
export function injectedInto(plugin: object): Readonly<Record<number, Injectable | Constructor>> | undefined {
  return Object.hasOwn(plugin, key) ? (plugin as { [key]?: Record<number, Injectable | Constructor> })[key] : undefined;
}
