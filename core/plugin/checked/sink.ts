import type { Sink } from "../../contract/sink.ts";
import { checkedCall } from "./call.ts";
import type { Party } from "./fault.ts";

/** A sink whose calls are bounded and attributed. What it throws is taken for a passing fault, unless it says otherwise. */
export function checkedSink(party: Party, sink: Sink): Sink {
  return {
    write: (batch) => checkedCall(party, "write", () => sink.write(batch), { retryable: true }),
    flush: () => checkedCall(party, "flush", () => sink.flush(), { retryable: true }),
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
}
