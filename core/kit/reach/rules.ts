import { BlockList, isIP } from "node:net";
import { canonical, familyOf } from "./addresses.ts";

/** One entry of an allow-list. */
type Rule = {
  /** Every port when absent. */
  readonly port?: number;
} & (
  | { readonly kind: "name"; readonly name: string }
  /** `.a.com` for `*.a.com`: whatever ends so. */
  | { readonly kind: "suffix"; readonly suffix: string }
  | { readonly kind: "addresses"; readonly addresses: BlockList }
);

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** What may be reached: names, `*.` wildcards, addresses and CIDR blocks, each with a port or without. */
export class ReachRules {
  readonly entries: readonly string[];
  /** The option that has them, for messages. */
  readonly option: string;
  readonly #rules: readonly Rule[];

  /** @throws Error naming an entry that is not understood */
  constructor(entries: readonly string[], option: string) {
    this.entries = entries;
    this.option = option;
    this.#rules = entries.map(parseRule);
  }

  /** `name` as {@link nameOf} gives it. A name is never matched by an address rule, whatever it resolves to. */
  allowsName(name: string, port: number): boolean {
    return this.#some(port, (rule) => {
      if (rule.kind === "name") return rule.name === name;
      return rule.kind === "suffix" && name.endsWith(rule.suffix) && name.length > rule.suffix.length;
    });
  }

  /** `address` as {@link canonical} gives it. */
  allowsAddress(address: string, port: number): boolean {
    return this.#some(port, (rule) => rule.kind === "addresses" && rule.addresses.check(address, familyOf(address)));
  }

  #some(port: number, matches: (rule: Rule) => boolean): boolean {
    return this.#rules.some((rule) => (rule.port === undefined || rule.port === port) && matches(rule));
  }
}

/** A host name in its one spelling: lower case, as ASCII, without the root's dot; undefined when it is none. */
export function nameOf(text: string): string | undefined {
  if (/[/?#@:\\[\]%\s]/.test(text) || !URL.canParse(`http://${text}`)) return undefined;
  const name = new URL(`http://${text}`).hostname.replace(/\.$/, "");
  if (name.length > 253 || isIP(name) !== 0) return undefined;
  return name.split(".").every((label) => LABEL.test(label)) ? name : undefined;
}

function parseRule(entry: string): Rule {
  const { host, port } = splitPort(entry);
  const limited = port === undefined ? {} : { port };
  const [address = "", prefix, ...rest] = host.split("/");
  const family = isIP(address);
  if (family !== 0 && rest.length === 0) {
    const addresses = new BlockList();
    if (prefix === undefined) addresses.addAddress(canonical(address), familyOf(canonical(address)));
    else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128)) {
      addresses.addSubnet(address, Number(prefix), familyOf(address));
    } else throw notUnderstood(entry);
    return { kind: "addresses", addresses, ...limited };
  }
  const wildcard = host.startsWith("*.");
  const name = nameOf(wildcard ? host.slice(2) : host);
  if (name === undefined) throw notUnderstood(entry);
  return wildcard ? { kind: "suffix", suffix: `.${name}`, ...limited } : { kind: "name", name, ...limited };
}

function splitPort(entry: string): { readonly host: string; readonly port?: number } {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(entry);
  const plain = /^([^:]+)(?::(\d{1,5}))?$/.exec(entry);
  const [, host, port] = bracketed ?? plain ?? [undefined, entry, undefined];
  if (host === undefined) throw notUnderstood(entry);
  if (port === undefined) return { host };
  if (Number(port) < 1 || Number(port) > 65_535) throw notUnderstood(entry);
  return { host, port: Number(port) };
}

function notUnderstood(entry: string): Error {
  return new Error(`${entry} is no host, wildcard, address or CIDR block`);
}
