import type { AccessRequest, Grant } from "../contract/access.ts";
import type { HostAccess } from "../contract/operation.ts";

type Check = (request: AccessRequest) => Grant | undefined;
type OnRotated = HostAccess["onRotated"];

/** Asks everybody who can recognise people, in the order in which they came. */
export class Grants implements HostAccess {
  readonly onRotated: OnRotated;
  readonly #checks = new Set<Check>();

  constructor(onRotated: OnRotated) {
    this.onRotated = onRotated;
  }

  recognise(check: Check): () => void {
    const own: Check = (request) => check(request);
    this.#checks.add(own);
    return () => this.#checks.delete(own);
  }

  grantOf(request: AccessRequest): Grant | undefined {
    for (const check of this.#checks) {
      const grant = check(request);
      if (grant !== undefined) return grant;
    }
    return undefined;
  }
}
