import { type Environment, SluiceError } from "../../../core/contract/index.ts";

/** Where the engine listens. */
export type Address =
  | { readonly socketPath: string; readonly text: string }
  | { readonly host: string; readonly port: number; readonly secure: boolean; readonly text: string };

/** `docker:` of the configuration. */
export interface EngineChoice {
  readonly host?: string;
  readonly socket?: string;
}

const DEFAULT_SOCKET = "/var/run/docker.sock";

/** What the configuration says goes before `DOCKER_HOST`. */
export function chosenEngine<Choice extends EngineChoice>(docker: Choice, environment: Environment) {
  return docker.host || docker.socket ? docker : { host: environment["DOCKER_HOST"] ?? "" };
}

/**
 * Reads `docker:` of the configuration.
 * @throws SluiceError SLUICE_DOCKER_UNAVAILABLE when the form is not understood
 */
export function parseAddress(docker: EngineChoice): Address {
  if (docker.socket) return { socketPath: docker.socket, text: `unix://${docker.socket}` };
  const text = docker.host || `unix://${DEFAULT_SOCKET}`;
  if (text.startsWith("unix://")) return { socketPath: text.slice("unix://".length), text };
  if (text.startsWith("/")) return { socketPath: text, text: `unix://${text}` };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.hostname && ["tcp:", "http:", "https:"].includes(url.protocol)) {
    const secure = url.protocol === "https:" || url.port === "2376";
    return { host: url.hostname, port: Number(url.port) || (secure ? 2376 : 2375), secure, text };
  }
  throw new SluiceError("SLUICE_DOCKER_UNAVAILABLE", `${text} is no address of a Docker engine that can be used here`, {
    cure: "Write unix:///path or tcp://host:port, in DOCKER_HOST or in docker: { host } of the sandbox.",
  });
}

/** The path of the engine's socket; undefined where it is another machine's, or not understood. */
export function socketOf(docker: EngineChoice): string | undefined {
  try {
    const address = parseAddress(docker);
    return "socketPath" in address ? address.socketPath : undefined;
  } catch {
    return undefined;
  }
}
