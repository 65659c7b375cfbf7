import type { DeliveryPolicy } from "../plan.ts";
import { namePattern } from "./instance-schema.ts";

const isName = new RegExp(namePattern);

/** `deliver` of an instance: with its units read, and as it was written. A text that can be a name is one. */
export function deliveryOf(read: unknown, written: unknown): DeliveryPolicy {
  const { attempts, backoff, deadLetter, deadLetterSize } = read as {
    readonly attempts: number;
    readonly backoff: number;
    readonly deadLetter?: string;
    readonly deadLetterSize: number;
  };
  const text = (written as { readonly deliver?: { readonly deadLetter?: string } }).deliver?.deadLetter;
  if (deadLetter === undefined || text === undefined) return { attempts, backoff };
  const to = isName.test(text) ? { sink: text } : { file: deadLetter, size: deadLetterSize };
  return { attempts, backoff, deadLetter: to };
}
