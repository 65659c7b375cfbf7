import type { Llama, LlamaModel } from "./llama.ts";

/** A model's weights in memory, for as long as somebody holds them. */
export interface WeightsHandle {
  readonly model: LlamaModel;
  release(): Promise<void>;
}

interface Entry {
  readonly model: Promise<LlamaModel>;
  users: number;
}

/** By the path of the file: one load, however many contexts stand on it. */
const entries = new Map<string, Entry>();

export async function holdWeights(llama: Llama, path: string): Promise<WeightsHandle> {
  const entry = entries.get(path) ?? { model: llama.loadModel({ modelPath: path }), users: 0 };
  entries.set(path, entry);
  entry.users += 1;
  let held = true;
  const release = async () => {
    if (!held) return;
    held = false;
    entry.users -= 1;
    if (entry.users > 0) return;
    if (entries.get(path) === entry) entries.delete(path);
    await entry.model.then(
      (model) => model.dispose(),
      () => {},
    );
  };
  try {
    return { model: await entry.model, release };
  } catch (error) {
    await release();
    throw error;
  }
}
