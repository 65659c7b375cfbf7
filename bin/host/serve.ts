import { once } from "node:events";
import { createHost, type Host, hostPaths, printableJson, SluiceError, type Transport } from "../../core/index.ts";
import { exitCodes } from "../execution/verdict.ts";
import { painter } from "../output/style.ts";
import { type HostFile, refuseSecondHost, writeHostFile } from "./host-file.ts";
import { keepYoungGenerationSmall } from "./memory.ts";

/** Starts the host, says where it is, and stops it with the first SIGINT or SIGTERM. */
export async function serve({ profile, json }: { profile: string; json: boolean }): Promise<void> {
  const { state } = hostPaths();
  refuseSecondHost(state);
  keepYoungGenerationSmall();
  const asked = whenAsked();
  const host = await createHost({ profile, trust: "judge", doors: true, signal: asked }).catch((error: unknown) => {
    if (asked.aborted) process.exit(exitCodes.interrupted);
    throw error;
  });
  let remove: () => void = () => {};
  try {
    const address = addressOf(host);
    remove = writeHostFile(state, { address, ...wireOf(host), profile });
    announce(address, host.link(), json);
    if (!asked.aborted) await once(asked, "abort");
    process.stderr.write("stopping: what runs may finish; Ctrl-C again does not wait\n");
  } finally {
    remove();
    await host.close();
  }
}

/** Where this command's other processes find the wire, and the token that its door asks for. */
function wireOf(host: Host): Pick<HostFile, "url" | "token"> {
  for (const { id, config, plugin } of host.plan.instances) {
    const { address } = (plugin.manifest.name === "websocket" ? host.instance(id) : {}) as Partial<Transport>;
    if (address === undefined) continue;
    const { path, token = host.info.token } = config as { path: string; token?: string };
    return { url: new URL(path, address).href, token };
  }
  return { url: null, token: null };
}

/** @throws SluiceError SLUICE_HOST_UNAVAILABLE when the profile has no door: nobody could reach the host */
function addressOf(host: Host): string {
  const [address] = host.addresses;
  if (address !== undefined) return address;
  throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "the profile has no door through which the host could be reached", {
    cure: "Add one under plugins:, such as `door: { use: websocket }`.",
  });
}

function announce(address: string, link: string | undefined, json: boolean): void {
  if (json) process.stdout.write(`${printableJson({ type: "host-ready", data: { address } })}\n`);
  const paint = painter(process.stderr);
  const page = link === undefined ? "" : `\n  page: ${link} (good once)`;
  process.stderr.write(`${paint("green", "ready")} at ${paint("bold", address)}${page}\n  Ctrl-C stops it\n`);
}

/** Aborts with the first request to stop; the second one ends the process on the spot. */
function whenAsked(): AbortSignal {
  const asked = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (asked.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
      asked.abort();
    });
  }
  return asked.signal;
}
