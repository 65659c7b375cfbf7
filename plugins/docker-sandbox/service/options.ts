import type { ServiceSpec } from "../../../core/kit/index.ts";
import { type CreateInput, type CreateOptions, type HostConfig, hardened } from "../container/create-options.ts";

/** The body of the engine's "Create a container" for a server. */
export interface ServiceOptions extends Omit<CreateOptions, "NetworkDisabled" | "HostConfig"> {
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly HostConfig: HostConfig & { readonly PortBindings: PortBindings };
}

export type PortBindings = Readonly<
  Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
>;

const WORKSPACE = "/workspace";
const USER = 1000;

/**
 * Process 1: starts the server without its own stdin. It kills the server when that ends: when the attached host dies.
 * With process 1 ends the container, and AutoRemove does the rest.
 */
const ENTRY = `exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(cat <&3 >/dev/null; kill -KILL "$server") &
exec 3<&-
wait "$server"`;

export function serviceOptions(
  spec: ServiceSpec,
  { image, labels, apparmor }: Pick<CreateInput, "image" | "labels" | "apparmor">,
): ServiceOptions {
  const port = `${spec.port}/tcp`;
  return {
    Image: image,
    Entrypoint: [],
    Cmd: ["/bin/sh", "-c", ENTRY, "service", ...spec.command],
    User: `${USER}:${USER}`,
    WorkingDir: WORKSPACE,
    Env: Object.entries({ HOME: "/tmp", ...spec.env }).map(([name, value]) => `${name}=${value}`),
    Labels: labels,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    Tty: false,
    ExposedPorts: { [port]: {} },
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      ...hardened({ ...spec, uid: USER, gid: USER, own: false, apparmor }),
      NetworkMode: spec.network,
      PortBindings: { [port]: [{ HostIp: "127.0.0.1", HostPort: "" }] },
    },
  };
}
