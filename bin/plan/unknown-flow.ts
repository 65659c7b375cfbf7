import { SluiceError } from "../../core/contract/index.ts";
import { didYouMean } from "../output/usage.ts";

export function unknownFlow(name: string, known: readonly string[]): SluiceError {
  return new SluiceError("SLUICE_FLOW_NOT_FOUND", `the profile has no flow \`${name}\``, {
    cure: known.length === 0 ? "Add one under flows:." : `${didYouMean(name, known)}Name one of: ${known.join(", ")}.`,
  });
}
