import { type ModelInfo, type PrepareOptions, SluiceError } from "../../core/contract/index.ts";
import {
  joinURL,
  providerWords,
  RemoteModel,
  type RemoteModelServices,
  type RemoteProvider,
  UpstreamHttp,
} from "../../core/kit/index.ts";
import { chatLines, chatRequests, headersOf } from "./chat.ts";
import type { OllamaConfig } from "./config.ts";
import { type PullLine, readLines } from "./wire.ts";

const ollama: RemoteProvider<OllamaConfig> = {
  name: "ollama",
  requests: async (config) => chatRequests(config),
  format: () => chatLines,
  catalogue: (config) => ({
    url: joinURL(config.baseURL, "/api/tags"),
    headers: headersOf(config),
    read: readTags,
  }),
};

/** What every remote model does, and pulling besides. */
export class OllamaModel extends RemoteModel<OllamaConfig> {
  readonly #id: string;
  readonly #http: UpstreamHttp;
  #config: OllamaConfig;

  constructor(config: OllamaConfig, services: RemoteModelServices) {
    // A server of one's own asks for no money unless the profile says so.
    super(ollama, priced(config), services);
    this.#id = services.id;
    this.#config = config;
    this.#http = new UpstreamHttp(config.timeouts.connect);
  }

  /** Lets the server fetch the model. @throws SluiceError SLUICE_MODEL_DOWNLOAD, SLUICE_MODEL_UNREACHABLE */
  async pull(options: PrepareOptions, signal: AbortSignal): Promise<void> {
    const { baseURL, model } = this.#config;
    let response: Response;
    try {
      response = await this.#http.fetch(joinURL(baseURL, "/api/pull"), {
        method: "POST",
        headers: { "content-type": "application/json", ...headersOf(this.#config) },
        body: JSON.stringify({ model, stream: true }),
        signal,
      });
    } catch {
      signal.throwIfAborted();
      throw new SluiceError("SLUICE_MODEL_UNREACHABLE", `${this.#id}: no Ollama server answers at ${baseURL}.`, {
        cure: "Start it with `ollama serve`, or set baseURL.",
      });
    }
    if (!response.ok || response.body === null) {
      throw this.#failed(providerWords(await response.text()).message || `HTTP ${response.status}`);
    }
    let last: PullLine = {};
    for await (const line of readLines<PullLine>(response.body)) {
      if (line.error !== undefined) throw this.#failed(line.error);
      last = line;
      const fraction = line.total ? (line.completed ?? 0) / line.total : undefined;
      options.onProgress?.({
        step: `Pulling ${model}: ${line.status ?? ""}`,
        ...(fraction === undefined ? {} : { fraction }),
      });
    }
    if (last.status !== "success") throw this.#failed("the server stopped before the end");
  }

  #failed(reason: string): SluiceError {
    return new SluiceError(
      "SLUICE_MODEL_DOWNLOAD",
      `${this.#id}: Ollama could not pull ${this.#config.model}: ${reason}.`,
    );
  }

  override reconfigure(config: OllamaConfig): void {
    this.#config = config;
    super.reconfigure(priced(config));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
  }
}

function priced(config: OllamaConfig): OllamaConfig {
  return { ...config, price: config.price ?? { input: 0, output: 0 } };
}

/** `{ models: [{ name: "qwen3:8b", size }] }`; a name without a tag means `:latest`. */
function readTags(body: unknown): readonly ModelInfo[] {
  const { models } = body as { models: { name: string; size?: number }[] };
  return models.flatMap(({ name, size }) => {
    const info = { id: name, size, installed: true };
    return name.endsWith(":latest") ? [info, { ...info, id: name.slice(0, -":latest".length) }] : [info];
  });
}
