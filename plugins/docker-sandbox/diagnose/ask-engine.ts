import { SluiceError } from "../../../core/contract/index.ts";
import { within } from "../../../core/kit/index.ts";
import type { Address } from "../engine/address.ts";
import { Engine } from "../engine/engine.ts";

/** Asks the Docker engine something once. @throws SluiceError SLUICE_DOCKER_UNAVAILABLE, SLUICE_DOCKER_FAILED */
export async function askEngine<Answer>(path: string, address: Address, timeout = 3_000): Promise<Answer> {
  const engine = new Engine(address);
  const silent = () => {
    const message = `the Docker engine at ${address.text} has not answered for ${timeout / 1000} s`;
    return new SluiceError("SLUICE_DOCKER_UNAVAILABLE", message, { cure: "Restart the engine, and read its log." });
  };
  try {
    return (await within(engine.call<Answer>(path), timeout, silent)).body;
  } finally {
    engine.close();
  }
}
