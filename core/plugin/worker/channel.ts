import type { ChildProcess } from "node:child_process";

/** One end of the pipe between a host and a worker process; messages arrive whole, in order, as clones. */
export interface WorkerChannel {
  /** @throws Error where the message cannot be cloned. A message to an end that is gone is dropped: its exit tells. */
  send(message: unknown): void;
  onMessage(take: (message: unknown) => void): void;
  close(): void;
}

/** Node's own channel of a forked process, in its structured form: bytes stay bytes, and `undefined` stays. */
export function channelOf(end: ChildProcess | NodeJS.Process): WorkerChannel {
  return {
    send: (message) => {
      if (end.connected) end.send?.(message as object, undefined, {}, dropped);
    },
    onMessage: (take) => void (end as NodeJS.Process).on("message", take),
    close: () => {
      if (end.connected) end.disconnect?.();
    },
  };
}

/** Without a callback, Node would throw that the other end is gone. */
function dropped(): void {
  // Whoever waits for an answer is told by the exit of the process.
}
