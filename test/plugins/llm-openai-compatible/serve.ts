import { RemoteModel, type RemoteModelConfig } from "../../../core/kit/index.ts";
import { openAICompatible } from "../../../plugins/llm-openai-compatible/provider.ts";
import { type Answer, realClock, remoteConfig, silentLog, Upstream } from "../../core/kit/upstream/upstream.ts";

/** What a test opened and `closeAll` closes, last first. */
export const open: AsyncDisposable[] = [];

export async function closeAll(): Promise<void> {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
}

export const oneAttempt = { attempts: 1, backoff: 1, longest: 1 };

export function modelAt(baseURL: string, changes: Partial<RemoteModelConfig> = {}, clock = realClock) {
  const config = { ...remoteConfig(baseURL, changes), name: "openai-compatible", usage: true };
  const services = { id: "gpt", clock, log: silentLog };
  const model = new RemoteModel(openAICompatible("openai-compatible"), config, services);
  open.push(model);
  return model;
}

export async function serve(changes: Partial<RemoteModelConfig>, ...answers: readonly Answer[]) {
  const upstream = await Upstream.start(...answers);
  open.push(upstream);
  return { upstream, model: modelAt(`${upstream.url}/v1`, changes) };
}
