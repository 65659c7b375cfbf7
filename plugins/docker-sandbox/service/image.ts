import { createHash } from "node:crypto";
import { type PrepareOptions, SluiceError } from "../../../core/contract/index.ts";
import type { ServiceImage } from "../../../core/kit/index.ts";
import type { Engine } from "../engine/engine.ts";
import { CA_FILE, type Recipe, readCertificates } from "../image-build/recipe.ts";

/** What a server's image is built from; its tag is a hash of it, so that a change builds another image. */
export function recipeOfService(image: ServiceImage): Recipe {
  // No program of it raises rights; after all that brings programs.
  const dockerfile = `${image.dockerfile.trimEnd()}\nRUN find / -xdev -type f -perm /6000 -exec chmod ug-s {} +\n`;
  const files = [
    { path: "Dockerfile", content: Buffer.from(dockerfile) },
    ...image.files.map(({ path, content }) => ({ path, content: Buffer.from(content) })),
  ];
  const hash = createHash("sha256");
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content);
  const certificates = readCertificates(image.caCertificates) ?? Buffer.alloc(0);
  return {
    tag: `${image.name}:${hash.digest("hex").slice(0, 16)}`,
    base: `debian:${image.release}-slim`,
    // The bundle is no part of the name: another host's certificates make no other image.
    files: [...files, { path: CA_FILE, content: certificates }],
  };
}

export async function isBuilt(engine: Engine, { tag }: Recipe, signal: AbortSignal): Promise<boolean> {
  const { status } = await engine.call(`/images/${tag}/json`, { accept: [404], signal });
  return status !== 404;
}

/** Builds it; with `base`, makes what it stands on where that is not there and cannot be fetched. */
export async function buildService(
  engine: Engine,
  recipe: Recipe,
  options: PrepareOptions & { readonly base: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { buildImage } = await import("../image-build/builder.ts");
  try {
    await buildImage(engine.address, recipe, options, signal);
  } catch (error) {
    if (!options.base || !(error instanceof SluiceError) || error.code !== "SLUICE_SANDBOX_IMAGE_MISSING") throw error;
    const { makeBase } = await import("../image-build/base.ts");
    await makeBase(engine.address, { ...options, force: false }, signal, { image: recipe.base });
    await buildImage(engine.address, recipe, options, signal);
  }
}
