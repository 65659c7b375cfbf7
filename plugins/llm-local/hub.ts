import { type Environment, SluiceError } from "../../core/contract/index.ts";
import type { LlmLocalConfig } from "./config.generated.ts";

/** Where models of the hub come from, where nothing else is said. */
export const defaultHub = "https://huggingface.co";

/** The option, else the variable that other programs read as well. */
export function hubOf({ hub }: Pick<LlmLocalConfig, "hub">, environment: Environment): string {
  const named = hub ?? (environment["HF_ENDPOINT"] || defaultHub);
  if (/^https?:\/\//.test(named) && URL.canParse(named)) return named;
  throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `HF_ENDPOINT is ${named}, and no address`, {
    retryable: false,
    cure: "Write it as https://host, or unset it.",
  });
}
