import { SluiceError } from "../../contract/errors.ts";

/** Ends what a fault belongs to: one socket, one container, one run. */
export type OnFault = (error: SluiceError) => void;

/**
 * A callback as whoever calls it may have it: what it throws, at once or later, goes to `onFault` and no further. An
 * event emitter, a timer or a subscriber would let it end the process.
 */
export function contained<Args extends unknown[]>(
  callback: (...args: Args) => unknown,
  onFault: OnFault,
): (...args: Args) => void {
  return (...args) => {
    try {
      const result = callback(...args);
      if (result instanceof Promise) result.catch((thrown: unknown) => told(thrown, onFault));
    } catch (thrown) {
      told(thrown, onFault);
    }
  };
}

/** What containing an emitter needs of it; streams, sockets, requests and child processes have it. */
export interface Emits {
  emit(event: never, ...args: never[]): boolean;
}

/**
 * Contains every listener of one emitter, those that are added later too, and `error` events that nobody listens to.
 * For each emitter that belongs to a peer: a socket, a request, a container's pipe.
 */
export function containEvents<Emitter extends Emits>(emitter: Emitter, onFault: OnFault): Emitter {
  const emit = emitter.emit as (this: Emitter, ...args: unknown[]) => boolean;
  const own = function (this: Emitter, ...args: unknown[]): boolean {
    try {
      return emit.apply(this, args);
    } catch (thrown) {
      told(thrown, onFault);
      return true;
    }
  };
  (emitter as { emit: unknown }).emit = own;
  return emitter;
}

function told(thrown: unknown, onFault: OnFault): void {
  try {
    onFault(SluiceError.from(thrown));
  } catch {
    // The handler of the fault has failed as well; there is nobody left to tell.
  }
}
