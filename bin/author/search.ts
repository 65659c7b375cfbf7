import { SluiceError } from "../../core/contract/index.ts";
import { parseJsonObject } from "../../core/kit/index.ts";

/** Bytes of an answer of the registry: some hundred packages. */
const mostBytes = 4 * 1024 * 1024;
/** Milliseconds that the registry has. */
const patience = 15_000;

export interface FoundPackage {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly date: string;
}

/**
 * Packages with the keyword `sluicebox-plugin` and those words. The registry's search is described in its
 * REGISTRY-API: `GET /-/v1/search?text=keywords:a+b&size=20`.
 * @throws SluiceError SLUICE_REGISTRY_UNAVAILABLE
 */
export async function searchPlugins(
  words: readonly string[],
  limit: number,
  registry: string,
): Promise<FoundPackage[]> {
  const url = new URL("-/v1/search", registry.endsWith("/") ? registry : `${registry}/`);
  url.searchParams.set("text", ["keywords:sluicebox-plugin", ...words].join(" "));
  url.searchParams.set("size", String(limit));
  let objects: unknown;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience), redirect: "error" });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    objects = parseJsonObject(await bounded(response), { from: "it" })["objects"];
    if (!Array.isArray(objects)) throw new Error("its answer has no list of packages");
  } catch (error) {
    throw unavailable(url, (error as Error).message, error);
  }
  return (objects as { package?: Record<string, unknown> }[]).flatMap(({ package: found }) =>
    typeof found?.["name"] === "string"
      ? [
          {
            name: found["name"],
            version: textOf(found["version"]),
            description: textOf(found["description"]),
            date: textOf(found["date"]).slice(0, 10),
          },
        ]
      : [],
  );
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`its answer is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function unavailable(url: URL, reason: string, cause: unknown): SluiceError {
  return new SluiceError("SLUICE_REGISTRY_UNAVAILABLE", `the registry ${url.origin} cannot be searched: ${reason}`, {
    cause,
  });
}
