import { once } from "node:events";
import { hostPaths, hostToken, renderText } from "../../core/command-line.ts";
import { type HostEvent, SluiceError } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";
import { printableJson } from "../../core/kit/index.ts";
import { exitCodeOfSignal } from "../execution/exit-code.ts";
import { failureText } from "../output/failure.ts";
import { painter, wantsColour } from "../output/style.ts";
import { outcomeLine } from "../plan/changes.ts";
import { startTree } from "../plan/start-tree.ts";
import { type Ready, tellParent } from "./detached.ts";
import { type HostFile, refuseSecondHost, type WrittenHostFile, writeHostFile } from "./host-file.ts";
import { listenAt } from "./listen.ts";
import { keepYoungGenerationSmall } from "./memory.ts";
import { tellOfStore } from "./store-faults.ts";
import { WatchedFiles } from "./watch-files.ts";

export interface ServeOptions {
  /** Path of the profile. */
  readonly profile: string;
  readonly json: boolean;
  /** `HOST:PORT` for the transports, instead of what the profile says. */
  readonly listen?: string | undefined;
  /** Reloads after each change of the profile's files. */
  readonly watch?: boolean;
  /** Watches, and takes the profile and the plugins that it names for the caller's own. */
  readonly dev?: boolean;
  /** Tells how long each instance took to start. */
  readonly verbose?: boolean;
}

/** Starts the host, says where it is, and stops it with the first SIGINT, SIGTERM or SIGHUP. */
export async function serve({
  profile,
  json,
  listen,
  watch = false,
  dev = false,
  verbose = false,
}: ServeOptions): Promise<void> {
  const { state } = hostPaths();
  refuseSecondHost(state);
  keepYoungGenerationSmall();
  const begun = performance.now();
  const asked = whenAsked();
  const early: HostEvent[] = [];
  let onEvent = (event: HostEvent): void => {
    early.push(event);
  };
  const host = await createHost({
    ...{ profile, trust: dev ? "own" : "judge", transports: true, signal: asked },
    ...(listen === undefined ? {} : { overrides: await listenAt(profile, listen) }),
    onEvent: (event) => onEvent(event),
  }).catch((error: unknown) => {
    if (asked.aborted) process.exit(exitCodeOfSignal(asked.reason));
    throw error;
  });
  // A console sink tells of everything that is logged; without one, what must not be missed is told here.
  const hasConsole = host.plan.instances.some(({ plugin }) => plugin.manifest.capabilities?.includes("terminal"));
  onEvent = hasConsole ? () => {} : tellOfStore;
  for (const event of early.splice(0)) onEvent(event);
  let file: WrittenHostFile | undefined;
  try {
    const found = whereToFind(host);
    file = writeHostFile(state, { ...found, profile, listen: listen ?? null });
    host.onTokenRotated(() => file?.update({ token: wireOf(host).token }));
    host.onReloaded(() => file?.update({ address: host.addresses[0] ?? null, ...wireOf(host) }));
    const link = host.link();
    if (verbose) process.stderr.write(startTree(host.operation.instances(false), performance.now() - begun));
    // Before it says that it is ready: what is written from then on is seen.
    using _watched = watch || dev ? watchProfile(host, json) : undefined;
    tellReady({ address: found.address, ...(link === undefined ? {} : { link }) }, json);
    if (!asked.aborted) await once(asked, "abort");
    process.stderr.write("stopping: what runs may finish; Ctrl-C again does not wait\n");
  } finally {
    file?.[Symbol.dispose]();
    await host.close();
  }
}

/** Serves each change of the profile's files, and tells the outcome. */
function watchProfile(host: Host, json: boolean): Disposable {
  return new WatchedFiles(
    () => host.plan.files,
    async () => {
      const outcome = await host.operation.profile.reload("watch").catch((error: unknown) => SluiceError.from(error));
      return () => {
        if (outcome instanceof SluiceError) process.stderr.write(failureText(outcome, process.stderr));
        else if (json) process.stdout.write(`${printableJson({ type: "reload", data: outcome })}\n`);
        else {
          process.stderr.write(renderText(outcome.problems, {}, { colour: wantsColour(process.stderr) }));
          process.stderr.write(`${outcomeLine(outcome)}\n`);
        }
      };
    },
  );
}

/**
 * What other processes need to know. There is a token whichever transports there are: all of them ask for one.
 * @throws SluiceError SLUICE_HOST_UNAVAILABLE when no transport is up: nobody could reach the host
 */
export function whereToFind(host: Host): Pick<HostFile, "address" | "url" | "token"> {
  return { address: addressOf(host), ...wireOf(host) };
}

/** Where this command's other processes find the wire, and the token that it asks for. */
function wireOf(host: Host): Pick<HostFile, "url" | "token"> {
  const own = host.info.token ?? hostToken(hostPaths().state);
  const wire = host.wire();
  return { url: wire?.url ?? null, token: wire?.token ?? own };
}

function addressOf(host: Host): string | null {
  const [address] = host.addresses;
  if (address !== undefined) return address;
  if (host.transports > 0) return null;
  throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "the profile has no transport through which the host is reached", {
    cure: "Add one under plugins:, such as `wire: { use: websocket }`.",
  });
}

/** Says where a host is, also to whoever started it in the background. */
export function tellReady({ address, link, pid }: Ready & { readonly pid?: number }, json: boolean): void {
  tellParent({ address, ...(link === undefined ? {} : { link }) });
  if (json) process.stdout.write(`${printableJson({ type: "host-ready", data: { address } })}\n`);
  const paint = painter(process.stderr);
  const page = link === undefined ? "" : `\n  page: ${link} (good once)`;
  const at = address === null ? "" : ` at ${paint("bold", address)}`;
  const stop =
    pid === undefined ? "Ctrl-C stops it" : `pid ${pid}; \`sluice logs -f\` follows it, \`sluice down\` stops it`;
  process.stderr.write(`${paint("green", "ready")}${at}${page}\n  ${stop}\n`);
}

/** Aborts with the first request to stop; the second one ends the process on the spot. */
function whenAsked(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (asked.signal.aborted) process.exit(exitCodeOfSignal(signal));
      asked.abort(signal);
    });
  }
  return asked.signal;
}
