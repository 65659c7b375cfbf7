/**
 * The part of node-llama-cpp that is used here. Written down, since the package is installed on demand and is no
 * dependency. Facts are those of version 3.22.
 */
export interface LlamaModule {
  getLlama(options: {
    readonly gpu: false;
    readonly build: "never";
    readonly maxThreads: number;
    readonly logLevel: "error";
    readonly progressLogs: false;
  }): Promise<Llama>;
  readonly LlamaChat: new (options: { readonly contextSequence: LlamaSequence }) => LlamaChat;
  readonly InsufficientMemoryError: new () => Error;
}

export interface Llama {
  createGrammar(options: { readonly grammar: string }): Promise<LlamaGrammar>;
  loadModel(options: { readonly modelPath: string; readonly loadSignal?: AbortSignal }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}

/** Holds each token to rules, whatever the model would rather say. */
export interface LlamaGrammar {
  readonly grammar: string;
}

export interface LlamaModel {
  /** Tokens the model was trained for. */
  readonly trainContextSize: number;
  createContext(options: {
    readonly contextSize: { readonly min: number; readonly max: number };
    readonly threads: number;
    readonly sequences: number;
  }): Promise<LlamaContext>;
  dispose(): Promise<void>;
}

export interface LlamaContext {
  readonly contextSize: number;
  dispose(): Promise<void>;
  getSequence(): LlamaSequence;
}

export interface LlamaSequence {
  readonly tokenMeter: { getState(): TokenCount; diff(since: TokenCount): TokenCount };
}

export interface TokenCount {
  readonly usedInputTokens: number;
  readonly usedOutputTokens: number;
}

export type HistoryItem =
  | { readonly type: "system" | "user"; readonly text: string }
  | { readonly type: "model"; readonly response: readonly string[] };

export interface LlamaChat {
  generateResponse(
    history: readonly HistoryItem[],
    options: {
      readonly signal: AbortSignal;
      readonly stopOnAbortSignal: true;
      readonly maxTokens: number;
      readonly temperature: number;
      readonly seed: number;
      readonly grammar?: LlamaGrammar;
      readonly onTextChunk: (text: string) => void;
    },
  ): Promise<{ readonly metadata: { readonly stopReason: string } }>;
}
