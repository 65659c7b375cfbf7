/** What a frame says to the page around it. */
export type FrameSaid =
  | { readonly kind: "ready" }
  | { readonly kind: "drawn"; readonly height: number }
  | { readonly kind: "failed"; readonly message: string };

function say(said: FrameSaid): void {
  // A frame without an origin cannot name the page's. It says nothing that is secret.
  parent.postMessage(said, "*");
}

/** Waits for the one message of the page, draws what it brings, and tells how high that became. */
export function serve(draw: (data: unknown, place: HTMLElement) => Promise<void>): void {
  const place = document.createElement("div");
  document.body.append(place);
  const tell = () => say({ kind: "drawn", height: Math.ceil(document.documentElement.scrollHeight) });
  addEventListener(
    "message",
    ({ data, source }) => {
      if (source !== parent) return;
      draw(data, place).then(
        () => {
          tell();
          new ResizeObserver(tell).observe(place);
        },
        (error: unknown) => say({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
      );
    },
    { once: true },
  );
  say({ kind: "ready" });
}
