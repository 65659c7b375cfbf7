/** How many large libraries load at a time: more of them at once only make each of them slow. */
const most = 2;

let busy = 0;
const waiting: (() => void)[] = [];

/** Resolves when it is this one's turn to load. Whoever had a turn gives it back, once. */
export function takeTurn(signal: AbortSignal): Promise<() => void> {
  return new Promise((resolve) => {
    const begin = () => {
      busy += 1;
      let isOver = false;
      resolve(() => {
        if (isOver) return;
        isOver = true;
        busy -= 1;
        waiting.shift()?.();
      });
    };
    if (busy < most) begin();
    else {
      waiting.push(begin);
      signal.addEventListener("abort", () => {
        const at = waiting.indexOf(begin);
        if (at >= 0) waiting.splice(at, 1);
      });
    }
  });
}
