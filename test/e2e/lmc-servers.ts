import { randomBytes } from "node:crypto";
import { lendsContainers, type ServiceSpec } from "../../core/kit/index.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { serverImage } from "../../plugins/open-interpreter/image.ts";

/** A server that speaks LMC. */
export interface LmcServer extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly key: string;
}

/** Bytes. */
const MiB = 1024 ** 2;

/** Our transport on a flow that asks before it runs code, in a real sandbox. Where its model is, clients tell it, which takes `configure`. */
export async function startOurs(options: Record<string, unknown> = {}): Promise<LmcServer> {
  const key = randomBytes(24).toString("hex");
  const started = await startHost({
    plugins: {
      model: { use: "llm-openai-compatible", with: { model: "nothing", baseURL: "http://127.0.0.1:1/v1" } },
      guard: { use: "approve" },
      classic: { use: "lmc", with: { listen: "127.0.0.1:0", key, role: "configure", ...options } },
    },
    flows: { chat: { loop: ["model", "guard", "box"], until: "done", max: 4 } },
  });
  const [url = ""] = started.host.addresses;
  return { url, key, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

/** The original, as PyPI has it, in a container with the limits and the labels of all of them. */
export async function startOriginal(): Promise<LmcServer> {
  const key = randomBytes(24).toString("hex");
  const started = await startHost({ plugins: {}, flows: {} });
  try {
    const engine = started.host.instance("box");
    if (!lendsContainers(engine)) throw new Error("the sandbox lends no containers");
    const container = await engine.startService(original(key), AbortSignal.timeout(1_200_000));
    const url = `http://${container.address}`;
    await alive(url);
    return { url, key, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw error;
  }
}

function startHost(config: { readonly plugins: object; readonly flows: object }): Promise<TestHost> {
  const box = { use: "docker-sandbox", with: { pool: 0 } };
  return startTestHost({
    transports: true,
    store: false,
    config: { version: 1, ...config, plugins: { ...config.plugins, box } },
  });
}

function original(key: string): ServiceSpec {
  return {
    instance: "original",
    image: serverImage("host"),
    command: ["interpreter", "--server"],
    env: {
      INTERPRETER_HOST: "0.0.0.0",
      INTERPRETER_PORT: "8000",
      INTERPRETER_API_KEY: key,
      DISABLE_TELEMETRY: "true",
      LITELLM_LOCAL_MODEL_COST_MAP: "True",
      PYTHONDONTWRITEBYTECODE: "1",
    },
    port: 8000,
    cpus: 1,
    memory: 1024 * MiB,
    pids: 200,
    workspace: 256 * MiB,
    tmp: 128 * MiB,
    network: "bridge",
  };
}

/** Resolves with its first heartbeat. */
async function alive(url: string): Promise<void> {
  const limit = AbortSignal.timeout(60_000);
  for (;;) {
    const response = await fetch(`${url}/heartbeat`, { signal: limit }).catch(() => undefined);
    if (response?.ok) return;
    limit.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
