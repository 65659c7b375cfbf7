/** What a sink writes to, held by the suite: how it answers, and how many entries it has taken. */
export interface SinkBackend {
  /** From now on: takes them, refuses them for now, refuses them for good. */
  answer(how: "ok" | "transient" | "permanent"): void;
  /** Entries taken so far. */
  received(): number;
}

/** What the cases of a kind need to know of the plugin. */
export interface ContractContext {
  /** Code that the sandbox can run. Default: the empty program. */
  readonly code?: string;
  /** Absent: what concerns refusals is not tried. */
  readonly backend?: SinkBackend;
}

export interface ContractCase<Instance> {
  readonly name: string;
  /** Rejects with what was not kept. */
  readonly run: (instance: Instance, context: ContractContext) => Promise<void>;
}
