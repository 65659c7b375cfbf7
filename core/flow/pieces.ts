/** What an answer consists of, in order. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code-start"; readonly language: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "code-end" };

/** Code without its end. A call that stops in the middle is broken whatever the reason; a fence may be forgotten. */
export type OpenCode = "fence" | "bare" | "call";
