import type { Llama, LlamaChat, LlamaGrammar, LlamaModule, LlamaSequence } from "./llama.ts";
import { holdWeights } from "./weights.ts";

export interface LlamaModelHandle {
  readonly chat: LlamaChat;
  readonly sequence: LlamaSequence;
  /** Tokens. */
  readonly contextSize: number;
  /** Reads the rules of a grammar; those that were read before are kept. */
  grammar(rules: string): Promise<LlamaGrammar>;
}

export interface LlamaLoadOptions {
  readonly path: string;
  readonly context: number;
  readonly threads: number;
}

/**
 * One context of a loaded model, shared by every instance of this process that names the same file and options; those with
 * other options share the weights. Requests take turns: two at once on one processor would each take twice as long.
 */
export class LlamaEngine {
  static readonly #shared = new Map<string, LlamaEngine>();
  static #llama: Promise<Llama> | undefined;

  readonly #options: LlamaLoadOptions;
  #users = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #loaded: Promise<LlamaModelHandle & { dispose(): Promise<void> }> | undefined;

  private constructor(options: LlamaLoadOptions) {
    this.#options = options;
  }

  /** Give it back with `release`. */
  static acquire(options: LlamaLoadOptions): LlamaEngine {
    const key = JSON.stringify([options.path, options.context, options.threads]);
    let engine = LlamaEngine.#shared.get(key);
    if (!engine) {
      engine = new LlamaEngine(options);
      LlamaEngine.#shared.set(key, engine);
    }
    engine.#users += 1;
    return engine;
  }

  async release(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    for (const [key, engine] of LlamaEngine.#shared) if (engine === this) LlamaEngine.#shared.delete(key);
    await this.unload();
    if (LlamaEngine.#shared.size > 0) return;
    const llama = LlamaEngine.#llama;
    LlamaEngine.#llama = undefined;
    await llama?.then(
      (loaded) => loaded.dispose(),
      () => {},
    );
  }

  get loaded(): boolean {
    return this.#loaded !== undefined;
  }

  /** Runs `use` when its turn has come, with the model loaded. An aborted wait does not take its turn. */
  async exclusively<T>(
    module: LlamaModule,
    signal: AbortSignal,
    use: (loaded: LlamaModelHandle) => Promise<T>,
  ): Promise<T> {
    const before = this.#turn;
    let done = () => {};
    this.#turn = new Promise<void>((resolve) => {
      done = resolve;
    });
    try {
      await before;
      signal.throwIfAborted();
      return await use(await this.#load(module));
    } finally {
      done();
    }
  }

  /** Frees the model's memory; the next request loads it again. */
  async unload(): Promise<void> {
    await this.#turn;
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.then(
      (model) => model.dispose(),
      () => {},
    );
  }

  #load(module: LlamaModule): Promise<LlamaModelHandle> {
    this.#loaded ??= this.#open(module);
    this.#loaded.catch(() => {
      this.#loaded = undefined;
    });
    return this.#loaded;
  }

  async #open(module: LlamaModule): Promise<LlamaModelHandle & { dispose(): Promise<void> }> {
    // With the default of all cores, evaluating hangs on machines whose cores are shared out, such as containers.
    LlamaEngine.#llama ??= module.getLlama({
      gpu: false,
      build: "never",
      maxThreads: this.#options.threads,
      logLevel: "error",
      progressLogs: false,
    });
    const llama = await LlamaEngine.#llama;
    const { model, release } = await holdWeights(llama, this.#options.path);
    try {
      const most = Math.min(this.#options.context, model.trainContextSize);
      const context = await model.createContext({
        contextSize: { min: Math.min(smallest, most), max: most },
        threads: this.#options.threads,
        sequences: 1,
      });
      const sequence = context.getSequence();
      const chat = new module.LlamaChat({ contextSequence: sequence });
      const grammars = new Map<string, Promise<LlamaGrammar>>();
      const grammar = (rules: string) => {
        const read = grammars.get(rules) ?? llama.createGrammar({ grammar: rules });
        grammars.set(rules, read);
        return read;
      };
      const dispose = async () => {
        await context.dispose();
        await release();
      };
      return { chat, sequence, contextSize: context.contextSize, grammar, dispose };
    } catch (error) {
      await release();
      throw error;
    }
  }
}

/** Tokens of context below which no conversation fits. */
const smallest = 512;
