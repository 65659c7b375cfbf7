import { SluiceError } from "../../core/contract/index.ts";
import { loadValidPlan } from "./load.ts";

type Overrides = Readonly<Record<string, { readonly listen: string }>>;

/**
 * The option `listen` of every transport of the profile that has one. `8000` is a port of 127.0.0.1.
 * @throws SluiceError SLUICE_USAGE for what is no address, and where the profile listens at several
 */
export async function listenAt(profile: string, said: string): Promise<Overrides> {
  const [, host = "127.0.0.1", port = ""] = /^(?:(\[[\da-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(said) ?? [];
  if (port === "" || Number(port) > 65_535) {
    throw new SluiceError("SLUICE_USAGE", `--listen wants an address, and \`${said}\` is none`, {
      cure: "Write HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000, or a port alone.",
    });
  }
  const { instances, file } = await loadValidPlan(profile);
  const able = instances.filter(({ plugin, config }) => plugin.manifest.kind === "transport" && "listen" in config);
  const addresses = [...new Set(able.map(({ config }) => String(config["listen"])))];
  if (addresses.length !== 1) {
    const has = addresses.length === 0 ? "no transport that listens" : `several addresses: ${addresses.join(", ")}`;
    throw new SluiceError("SLUICE_USAGE", `--listen does not fit ${file}, which has ${has}`, {
      cure: "Write listen: at the transports of the profile.",
    });
  }
  return Object.fromEntries(able.map(({ id }) => [id, { listen: `${host}:${port}` }]));
}
