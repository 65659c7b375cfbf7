/**
 * How many there are: `host` is shared by all instances, and `instance` is the instance's own. `run` belongs to one
 * run: it is given with the run and never to `create`.
 */
export type TokenScope = "host" | "instance" | "run";

/**
 * A typed name under which something is injected. Two tokens with the same id are the same name; `T` exists at compile
 * time only. `Scope` says of what there is one each.
 *
 * A plugin lists the tokens it wants under `inject`, and receives an object of the right types in `create`. A decorated
 * class names them with tsyringe's `@inject(LoggerToken)`.
 */
export class Token<T, Scope extends TokenScope = "host"> {
  /** Never set; carries `T` through type inference. */
  declare readonly type: T;
  readonly id: string;
  readonly scope: Scope;

  /** `id`: unique in the process, such as `acme/cache`. A service's token is of the host, which is the default. */
  constructor(id: string, scope: Scope = "host" as Scope) {
    this.id = id;
    this.scope = scope;
  }

  toString(): string {
    return `Token(${this.id})`;
  }
}

/** What `create` may be given: a run is not there yet. */
export type Injectable = Token<unknown, "host" | "instance">;

/** The object that `create` receives for an `inject` record. */
export type Dependencies<Tokens extends Readonly<Record<string, Injectable>>> = {
  readonly [Name in keyof Tokens]: Tokens[Name] extends Token<infer T, TokenScope> ? T : never;
};
