import type { AccessRequest, Grant, Principal } from "../../contract/access.ts";
import { SluiceError } from "../../contract/errors.ts";
import type { FlowInfo } from "../../contract/flow.ts";
import type { ClientHost, HostApi, HostInfo, TransportHost } from "../../contract/host.ts";
import type { HostAccess } from "../../contract/operation.ts";
import { HostView } from "./host-view.ts";

/**
 * What one transport is given. The names it gives out are its own: the same name at another transport is somebody else.
 * The exception is a transport that says who it was (a page's cookie that opens the wire).
 */
export class HostOfTransport implements TransportHost {
  readonly access: HostAccess;
  readonly #id: string;
  readonly #host: HostApi;

  constructor(id: string, host: HostApi, access: HostAccess) {
    this.#id = id;
    this.#host = host;
    this.access = {
      recognise: (check: (request: AccessRequest) => Grant | undefined) =>
        access.recognise((request) => {
          const grant = check(request);
          return grant === undefined ? undefined : { ...grant, realm: grant.realm ?? id };
        }),
      grantOf: (request) => access.grantOf(request),
      onRotated: (listener) => access.onRotated(listener),
    };
  }

  get info(): HostInfo {
    return this.#host.info;
  }

  get flows(): readonly FlowInfo[] {
    return this.#host.flows;
  }

  as(principal: Principal): ClientHost {
    if (principal.name === "") throw new SluiceError("SLUICE_WIRE_AUTH", "nobody has an empty name");
    return new HostView(this.#host, { ...principal, realm: principal.realm ?? this.#id });
  }
}
