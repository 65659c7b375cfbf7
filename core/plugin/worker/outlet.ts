/** Bytes, roughly, that may be on their way to the other process before it has taken them. */
const onTheWay = 256 * 1024;
/** Bytes of one message, so that no turn of the other process becomes long. */
const oneMessage = 64 * 1024;
/** Bytes that may wait on this side. Whoever gives more does not keep to `pressure`, or cannot. */
const mostWaiting = 64 * 1024 * 1024;

export interface OutletOptions {
  /** Posts items; throws where they cannot be cloned. */
  readonly send: (items: readonly unknown[], weight: number) => void;
  /** Something cannot be sent, or too much waits. Nothing more is sent then. */
  readonly fail: (error: unknown) => void;
}

interface WaitingItem {
  readonly item: unknown;
  readonly weight: number;
}

/**
 * One stream on its way to another process: in order, several items to a message, and no more than the other side takes.
 * What it has not taken waits here, where the memory of the process that makes it is counted.
 */
export class Outlet {
  readonly #options: OutletOptions;
  #waiting: WaitingItem[] = [];
  #waitingWeight = 0;
  #sent = 0;
  #scheduled = false;
  #over = false;
  #last: (() => void) | undefined;
  #relief: PromiseWithResolvers<void> | undefined;

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  push(item: unknown): void {
    if (this.#over || this.#last !== undefined) return;
    const weight = weightOf(item);
    this.#waiting.push({ item, weight });
    this.#waitingWeight += weight;
    if (this.#waitingWeight > mostWaiting) this.#fail(new Error(`over ${mostWaiting} bytes wait to be taken`));
    this.#schedule();
  }

  /** Calls `last` when everything before it was sent. */
  end(last: () => void): void {
    this.#last ??= last;
    this.#schedule();
  }

  /** The other side has taken that much. */
  taken(weight: number): void {
    this.#sent = Math.max(0, this.#sent - weight);
    this.#flush();
  }

  /** A promise to await before giving more, while the other side does not keep up. */
  pressure(): Promise<void> | undefined {
    if (this.#over || this.#sent + this.#waitingWeight < onTheWay) return undefined;
    this.#relief ??= Promise.withResolvers<void>();
    return this.#relief.promise;
  }

  close(): void {
    this.#over = true;
    this.#waiting = [];
    this.#relief?.resolve();
  }

  /** What one turn brings goes together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (!this.#over && this.#waiting.length > 0 && this.#sent < onTheWay) {
      let weight = 0;
      const end = this.#waiting.findIndex((each) => {
        weight += each.weight;
        return weight >= oneMessage;
      });
      this.#send(this.#waiting.splice(0, end < 0 ? this.#waiting.length : end + 1), weight);
    }
    if (this.#over) return;
    if (this.#relief !== undefined && this.#sent + this.#waitingWeight < onTheWay / 2) {
      this.#relief.resolve();
      this.#relief = undefined;
    }
    if (this.#waiting.length > 0 || this.#last === undefined) return;
    this.#over = true;
    this.#last();
  }

  #send(batch: readonly WaitingItem[], weight: number): void {
    this.#waitingWeight -= weight;
    this.#sent += weight;
    try {
      this.#options.send(
        batch.map(({ item }) => item),
        weight,
      );
    } catch (error) {
      // One of them cannot be cloned: those before it still go.
      this.#sent -= weight;
      this.#waitingWeight += weight;
      if (batch.length === 1) this.#fail(error);
      else for (const each of batch) if (!this.#over) this.#send([each], each.weight);
    }
  }

  #fail(error: unknown): void {
    this.close();
    this.#options.fail(error);
  }
}

/** What an item is taken to occupy. */
function weightOf(item: unknown, depth = 0): number {
  if (typeof item === "string") return item.length;
  if (ArrayBuffer.isView(item)) return item.byteLength;
  if (typeof item !== "object" || item === null || depth > 6) return 8;
  let total = 64;
  try {
    for (const value of Object.values(item)) total += weightOf(value, depth + 1);
  } catch {
    // It cannot be read, and so not be cloned: that is told when it is sent.
  }
  return total;
}
