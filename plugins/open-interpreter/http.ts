import { request } from "node:http";
import { SluiceError } from "../../core/contract/index.ts";
import { cutText, parseJson, timeLimit } from "../../core/kit/index.ts";

export interface HttpTarget {
  /** `host:port`. */
  readonly address: string;
  readonly key: string;
  /** For messages. */
  readonly source: string;
}

/** Whether the server says that it is alive; false for every kind of failure. */
export async function isAlive({ address }: HttpTarget, timeout: number, signal?: AbortSignal): Promise<boolean> {
  const limit = timeLimit(timeout);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  return send(`http://${address}/heartbeat`, { method: "GET", headers: {} }, undefined, either).then(
    ({ status, text }) => status === 200 && text.includes("alive"),
    () => false,
  );
}

/**
 * Changes settings of the server. It answers 200 even when it refuses.
 * @throws SluiceError SLUICE_MODEL_UNREACHABLE, SLUICE_MODEL_TIMEOUT, SLUICE_MODEL_REQUEST
 */
export async function setSettings(
  { address, key, source }: HttpTarget,
  settings: Readonly<Record<string, unknown>>,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const limit = timeLimit(timeout);
  const headers = { "content-type": "application/json", "x-api-key": key };
  const body = JSON.stringify(settings);
  const answer = await send(
    `http://${address}/settings`,
    { method: "POST", headers },
    body,
    AbortSignal.any([signal, limit]),
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    if (limit.aborted) {
      throw new SluiceError("SLUICE_MODEL_TIMEOUT", `${source}: the server took no settings within ${timeout} ms.`);
    }
    throw new SluiceError("SLUICE_MODEL_UNREACHABLE", `${source}: the server cannot be reached.`, { cause: error });
  });
  if (answer.status === 200 && isSuccess(answer.text)) return;
  throw new SluiceError(
    "SLUICE_MODEL_REQUEST",
    `${source}: the server refused its settings: ${cutText(answer.text, 200)}`,
  );
}

function isSuccess(text: string): boolean {
  try {
    return (parseJson(text) as { status?: unknown }).status === "success";
  } catch {
    return false;
  }
}

/** Without a pool: a connection that is kept would outlive its server. */
function send(
  url: string,
  options: { readonly method: string; readonly headers: Readonly<Record<string, string>> },
  body: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const sent = request(url, { ...options, agent: false, signal }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () =>
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
    );
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}
