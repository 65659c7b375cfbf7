import type { Engine } from "../engine/engine.ts";
import { IMAGE_LABEL } from "./builder.ts";

/** Milliseconds: younger ones may be another profile's, or be wanted again by a change that is undone. */
const YOUNG = 24 * 3_600_000;

interface ListedImage {
  readonly RepoTags: readonly string[] | null;
  /** Seconds since 1970. */
  readonly Created: number;
}

/**
 * Removes older tags beside the current one: of the same repository, built by us, without a container, and a day old.
 * Returns their names.
 */
export async function pruneImages(
  engine: Engine,
  current: string,
  signal: AbortSignal,
  age = YOUNG,
): Promise<readonly string[]> {
  const [repository] = current.split(":");
  const filters = encodeURIComponent(JSON.stringify({ label: [`${IMAGE_LABEL}=1`], reference: [`${repository}:*`] }));
  const { body } = await engine.call<readonly ListedImage[]>(`/images/json?filters=${filters}`, { signal });
  const removed: string[] = [];
  for (const { RepoTags, Created } of body) {
    if (Date.now() - Created * 1000 < age) continue;
    for (const tag of RepoTags ?? []) {
      if (tag === current || !tag.startsWith(`${repository}:`)) continue;
      // 409: a container has it, running or not.
      const { status } = await engine.call(`/images/${tag}`, { method: "DELETE", accept: [404, 409], signal });
      if (status === 200) removed.push(tag);
    }
  }
  return removed;
}
