import type { Logger, SandboxInfo } from "../../../core/contract/index.ts";
import type { Engine } from "../engine/engine.ts";
import { isAlive, isElsewhere, OWNED, ownerOf, sessionOf } from "./labels.ts";
import { remove } from "./remover.ts";

interface ListEntry {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly Created: number;
}

/** Every container of this project on the engine, whoever started it. */
export async function listContainers(engine: Engine, signal?: AbortSignal): Promise<readonly SandboxInfo[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [OWNED] }));
  const request = signal === undefined ? {} : { signal };
  const { body } = await engine.call<readonly ListEntry[]>(`/containers/json?all=1&filters=${filters}`, request);
  return body.map(({ Id, Names, Image, State, Labels, Created }) => {
    const owner = ownerOf(Labels);
    const session = sessionOf(Labels);
    return {
      id: Id.slice(0, 12),
      name: Names[0]?.replace(/^\//, "") ?? Id.slice(0, 12),
      image: Image,
      state: State,
      ...(session === undefined ? {} : { session }),
      owner: owner.host,
      ownerAlive: isElsewhere(Labels) || isAlive(owner),
      created: new Date(Created * 1000).toISOString(),
    };
  });
}

/** Removes containers whose owner is dead, or with `all` every one; returns their names. */
export async function sweep(engine: Engine, all: boolean, signal?: AbortSignal): Promise<readonly string[]> {
  const found = await listContainers(engine, signal);
  const doomed = found.filter(({ ownerAlive }) => all || !ownerAlive);
  await Promise.all(doomed.map(({ id }) => remove(engine, id)));
  return doomed.map(({ name }) => name);
}

/** Removes what dead hosts left, and says so. */
export async function sweepDead(engine: Engine, log: Logger, signal: AbortSignal): Promise<void> {
  const removed = await sweep(engine, false, signal);
  if (removed.length > 0) log.info(`removed containers of dead hosts: ${removed.join(", ")}`);
}
