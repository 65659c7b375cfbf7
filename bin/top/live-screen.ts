import type { ScreenSize } from "./screen.ts";

export interface LiveScreen extends AsyncDisposable {
  readonly quit: AbortSignal;
  /** Draws it now, and again with every key. */
  draw(render: (size: ScreenSize) => string): void;
}

/** The terminal, drawn over with each look and each key; `q` and Ctrl-C leave. */
export async function liveScreen(pressed: (key: string) => void = () => undefined): Promise<LiveScreen> {
  const { createLogUpdate } = await import("log-update");
  const { stdin, stdout } = process;
  // A terminal that does not know its size says 0, and nothing fits into that.
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const sized = {
    isTTY: true,
    write: stdout.write.bind(stdout),
    get columns() {
      return size().columns;
    },
    get rows() {
      return size().rows;
    },
  };
  const update = createLogUpdate(sized as unknown as NodeJS.WriteStream);
  const quit = new AbortController();
  let shown: ((size: ScreenSize) => string) | undefined;
  const draw = (): void => {
    if (shown !== undefined) update(shown(size()));
  };
  const onKey = (keys: Buffer): void => {
    const text = keys.toString();
    if (text.includes("q") || text.includes("\u0003")) quit.abort();
    if (quit.signal.aborted) return;
    for (const key of text) pressed(key);
    draw();
  };
  const typed = stdin.isTTY;
  if (typed) {
    stdin.setRawMode(true);
    stdin.on("data", onKey);
  }
  return {
    quit: quit.signal,
    draw: (render) => {
      shown = render;
      draw();
    },
    async [Symbol.asyncDispose]() {
      update.done();
      if (!typed) return;
      stdin.off("data", onKey);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
