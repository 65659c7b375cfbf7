import { Readable } from "node:stream";
import type Dockerode from "dockerode";
import { type PrepareOptions, SluiceError } from "../../../core/contract/index.ts";
import { cutText } from "../../../core/kit/index.ts";
import type { Address } from "../engine/address.ts";
import { packed } from "./node.ts";
import type { Recipe } from "./recipe.ts";
import { tar } from "./tar.ts";

/** Every image that is built here has it. */
export const IMAGE_LABEL = "sluicebox.image";
/** Lines of the failing step that are shown. */
const LAST_LINES = 20;
/** What a step says to whoever builds starts with it. */
const NOTE = "sluice: ";

/** One line of the engine's progress, as far as it is read. */
interface Progress {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
}

/** Imported when an image is built and not before: it takes longer to load than a container to start. */
export async function dockerode(address: Address): Promise<Dockerode> {
  const { default: Docker } = await import("dockerode");
  if ("socketPath" in address) return new Docker({ socketPath: address.socketPath });
  const { host, port, secure } = address;
  return new Docker({ host, port, protocol: secure ? "https" : "http" });
}

/**
 * Builds the recipe's image; the tag changes hands at the very end, so that a failure leaves the old image.
 * @throws SluiceError SLUICE_SANDBOX_BUILD_FAILED with the failing step's last lines, SLUICE_SANDBOX_IMAGE_MISSING
 */
export async function buildImage(
  address: Address,
  recipe: Recipe,
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<void> {
  const docker = await dockerode(address);
  const report = options.onProgress ?? (() => undefined);
  const stream = await docker.buildImage(Readable.from([tar([...recipe.files, ...packed(recipe.node)])]), {
    t: recipe.tag,
    nocache: options.force ?? false,
    rm: true,
    forcerm: true,
    labels: { [IMAGE_LABEL]: "1" },
    abortSignal: signal,
  });
  let step = "the build";
  let fraction = 0;
  let lines: string[] = [];
  const notes: string[] = [];
  const failure = await new Promise<string | undefined>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error: Error | null, output: Progress[] | undefined) => {
        if (error && signal.aborted) reject(signal.reason);
        else resolve(error ? error.message : output?.find((each) => each.error)?.error);
      },
      ({ stream: text, status }: Progress) => {
        const found = /^Step (\d+)\/(\d+) : (.*)/.exec(text ?? "");
        if (found) {
          step = cutText(text?.trim().split("\n")[0] ?? step, 120);
          fraction = (Number(found[1]) - 1) / Number(found[2]);
          lines = [];
        } else if (text?.startsWith(NOTE)) notes.push(text.slice(NOTE.length).trim());
        else if (text?.trim()) lines = [...lines, ...text.trimEnd().split("\n")].slice(-LAST_LINES);
        report({ step: found || !status ? step : status, fraction });
      },
    );
  });
  if (failure === undefined) return report({ step: ["built", ...notes].join("; "), fraction: 1 });
  throw buildError(recipe, step, failure, lines);
}

function buildError(recipe: Recipe, step: string, failure: string, lines: readonly string[]): SluiceError {
  if (/^Step 1\//.test(step) && lines.length === 0) {
    return new SluiceError(
      "SLUICE_SANDBOX_IMAGE_MISSING",
      `the base image ${recipe.base} is not there and cannot be fetched: ${failure}`,
    );
  }
  const shown = [`${step} failed: ${failure}`, ...lines].join("\n");
  return new SluiceError("SLUICE_SANDBOX_BUILD_FAILED", shown);
}
