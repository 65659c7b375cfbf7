/** `setTimeout` takes at most 2^31 - 1 milliseconds, and fires at once for more. */
const longest = 2 ** 31 - 1;

/** A timer that can be stopped. */
export interface Timer {
  stop(): void;
  /** Lets the process end before the timer does. */
  unref(): Timer;
}

/** Calls `act` once after a time limit of any length. A limit of 0 is none: `act` is never called. */
export function startTimer(act: () => void, milliseconds: number): Timer {
  let left = milliseconds;
  let kept = true;
  let timeout: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    const piece = Math.min(left, longest);
    left -= piece;
    timeout = setTimeout(() => (left > 0 ? wait() : act()), piece);
    if (!kept) unrefed(timeout);
  };
  const timer: Timer = {
    stop: () => clearTimeout(timeout),
    unref() {
      kept = false;
      if (timeout !== undefined) unrefed(timeout);
      return timer;
    },
  };
  if (milliseconds > 0) wait();
  return timer;
}

/** Calls `act` again and again after a pause of any length; a pause of 0 is never over. */
export function startTicking(act: () => void, milliseconds: number): Timer {
  let timer: Timer | undefined;
  let kept = true;
  let stopped = false;
  const next = () => {
    timer = startTimer(() => {
      next();
      act();
    }, milliseconds);
    if (stopped) timer.stop();
    else if (!kept) timer.unref();
  };
  next();
  const ticking: Timer = {
    stop() {
      stopped = true;
      timer?.stop();
    },
    unref() {
      kept = false;
      timer?.unref();
      return ticking;
    },
  };
  return ticking;
}

/** A signal that aborts after a time limit of any length, as `AbortSignal.timeout` does; 0 is no limit. */
export function timeLimit(milliseconds: number): AbortSignal {
  const limit = new AbortController();
  startTimer(() => limit.abort(new DOMException("The time limit has passed", "TimeoutError")), milliseconds).unref();
  return limit.signal;
}

/** Browsers give numbers, which keep nothing alive. */
function unrefed(timeout: ReturnType<typeof setTimeout>): void {
  if (typeof timeout === "object") timeout.unref();
}
