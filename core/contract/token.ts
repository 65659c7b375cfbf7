/**
 * A typed name under which something is injected. Two tokens with the same id are the same name; the type
 * parameter exists at compile time only.
 *
 * A plugin lists the tokens it wants under `inject`, and receives an object of the right types in `create`.
 */
export class Token<T> {
  /** Never set; carries `T` through type inference. */
  declare readonly type: T;
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  toString(): string {
    return `Token(${this.id})`;
  }
}

/** The object that `create` receives for an `inject` record. */
export type Injected<Tokens extends Record<string, Token<unknown>>> = {
  readonly [Name in keyof Tokens]: Tokens[Name] extends Token<infer T> ? T : never;
};
