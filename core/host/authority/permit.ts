import type { Method, Principal, Role } from "../../contract/access.ts";
import { SluiceError } from "../../contract/errors.ts";
import { roleAllows } from "../../kit/http/access.ts";
import { ownerOf, owns, sharesName } from "./ownership.ts";
import { authority, neededRole, type Ownership } from "./table.ts";

/** One principal, held to the table of authority. */
export class Permit {
  readonly principal: Principal;
  /** As runs and sessions name it. */
  readonly owner: string;

  constructor(principal: Principal) {
    this.principal = principal;
    this.owner = ownerOf(principal);
  }

  allows(method: Method, standing: Ownership = "own"): boolean {
    return roleAllows(this.principal.role, neededRole(method, standing));
  }

  /** @throws SluiceError SLUICE_WIRE_FORBIDDEN */
  demand(method: Method): void {
    if (!this.allows(method)) throw this.#lacks(method, neededRole(method));
  }

  /** For a run of `owner`: it belongs to the client that opened it. @throws SluiceError SLUICE_WIRE_FORBIDDEN */
  demandRun(method: Method, run: string, owner: string | undefined): void {
    this.demand(method);
    this.#demandThing(method, `the run ${run}`, this.standingOfRun(owner));
  }

  /** For a session of `owner`: those of one name share it. @throws SluiceError SLUICE_WIRE_FORBIDDEN */
  demandSession(method: Method, session: string, owner: string | undefined): void {
    this.demand(method);
    this.#demandThing(method, `the session ${session}`, this.standingOfSession(owner));
  }

  standingOfRun(owner: string | undefined): Ownership {
    return owner === undefined ? "nobodys" : owns(this.principal, owner) ? "own" : "others";
  }

  standingOfSession(owner: string | undefined): Ownership {
    return owner === undefined ? "nobodys" : sharesName(this.principal, owner) ? "own" : "others";
  }

  #demandThing(method: Method, what: string, standing: Ownership): void {
    if (this.allows(method, standing)) return;
    const needed = neededRole(method, standing);
    const message = `${what} belongs to somebody else; this client has the role ${this.principal.role}, and it takes ${needed}`;
    throw new SluiceError("SLUICE_WIRE_FORBIDDEN", message);
  }

  #lacks(method: Method, needed: Role): SluiceError {
    const message = `${method} (${authority[method].does}) needs the role ${needed}; this client has ${this.principal.role}`;
    return new SluiceError("SLUICE_WIRE_FORBIDDEN", message);
  }
}
