/** A flow expression, checked: ids exist, have a kind that can stand in a flow, and lists are not empty. */
export type FlowNode =
  | {
      readonly kind: "instance";
      readonly id: string;
      readonly instance: "model" | "sandbox" | "stage";
      readonly absent: boolean;
    }
  | { readonly kind: "pipe"; readonly steps: readonly FlowNode[] }
  | { readonly kind: "fallback"; readonly branches: readonly FlowNode[] }
  | { readonly kind: "race"; readonly branches: readonly FlowNode[]; readonly until: "first" | "passes" }
  | { readonly kind: "all"; readonly branches: readonly FlowNode[] }
  | { readonly kind: "balance"; readonly branches: readonly FlowNode[]; readonly by: "turn" | "latency" | "random" }
  | { readonly kind: "loop"; readonly body: FlowNode; readonly until: "done" | "passes"; readonly max: number }
  | { readonly kind: "when"; readonly cases: readonly WhenCase[]; readonly otherwise?: FlowNode };

/** One case of `when`: a condition, and the flow that runs where it holds. */
export interface WhenCase {
  readonly if: {
    readonly minChars?: number;
    readonly maxChars?: number;
    readonly language?: string;
    readonly tag?: string;
  };
  readonly then: FlowNode;
}

/** One flow of the profile, as clients see it. */
export interface FlowInfo {
  readonly name: string;
  /** The expression as written, for display; without the map around it that says `retry`. */
  readonly expression: unknown;
  readonly instances: readonly string[];
  readonly optionalAbsent: readonly string[];
  /** What it reads: code when a sandbox comes first, text when a model does. */
  readonly takes: "code" | "text";
  /** A run of it is executed again by another host of the cluster, when its own died. */
  readonly retry?: "safe";
}
