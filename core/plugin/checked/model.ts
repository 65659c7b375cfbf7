import type { Usage } from "../../contract/event.ts";
import type { FinishReason, Model, ModelEvent } from "../../contract/model.ts";
import { isJsonObject } from "../../kit/untrusted/index.ts";
import { asInstance } from "../guard/attribution.ts";
import { checkedCall } from "./call.ts";
import { demandExecEvent, printed } from "./event-data.ts";
import { brokenContract, kindOf, type Party, thrownBy } from "./fault.ts";
import { checkedStream } from "./stream.ts";

const reasons: ReadonlySet<unknown> = new Set<FinishReason>(["stop", "length", "tool", "filter", "other"]);

/** A model whose answers keep the contract, or end with an error that names it. */
export function checkedModel(party: Party, model: Model): Model {
  const { probe, list, pull, cost, loadPrices } = model;
  return {
    generate(request, signal) {
      const check = answerCheck(party);
      return checkedStream<ModelEvent>({
        ...{ party, step: "generate", silence: silenceOf(party, model), check },
        source: () => model.generate(request, signal),
      });
    },
    get modelId() {
      const { modelId } = model;
      return typeof modelId === "string" ? modelId : party.plugin;
    },
    // Live options may change both.
    get textCalls() {
      return model.textCalls ?? "run";
    },
    get vision() {
      return model.vision === true;
    },
    ...(probe && { probe: (signal: AbortSignal) => checkedCall(party, "probe", () => probe.call(model, signal)) }),
    ...(list && { list: (signal: AbortSignal) => checkedCall(party, "list", () => list.call(model, signal)) }),
    ...(pull && { pull: pull.bind(model) }),
    ...(cost && { cost: (usage: Usage) => priceOf(party, () => cost.call(model, usage)) }),
    ...(loadPrices && { loadPrices: () => checkedCall(party, "loadPrices", () => loadPrices.call(model)) }),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

/** Milliseconds that a model gets beyond its own time-out to say that it passed. */
const endGrace = 15_000;

function silenceOf({ callTimeout }: Party, { timeout }: Model): number {
  if (typeof timeout !== "number" || Number.isNaN(timeout)) return callTimeout;
  return timeout === 0 || callTimeout === 0 ? 0 : Math.max(callTimeout, timeout + endGrace);
}

/** A price that is none is unknown, and never 0: the run goes on. */
function priceOf(party: Party, cost: () => unknown): number | null {
  try {
    const price = asInstance(party.id, cost);
    if (price === null || (typeof price === "number" && Number.isFinite(price) && price >= 0)) return price;
    party.report(brokenContract(party, "cost", `returned ${kindOf(price)}, and neither a price nor null`));
  } catch (thrown) {
    party.report(thrownBy(party, "cost", thrown));
  }
  return null;
}

function answerCheck(party: Party): (event: unknown) => void {
  let finished = false;
  const broken = (what: string) => brokenContract(party, "generate", what);
  const text = (event: Record<string, unknown>, ...keys: string[]) => {
    for (const key of keys) {
      if (typeof event[key] !== "string")
        throw broken(`emitted ${printed(event["type"])} with ${kindOf(event[key])} as ${key}`);
    }
  };
  return (event) => {
    if (!isJsonObject(event)) throw broken(`emitted ${kindOf(event)}, and not an event`);
    if (finished) throw broken(`emitted ${printed(event["type"])} after its finish`);
    switch (event["type"]) {
      case "text-delta":
      case "reasoning-delta":
        return text(event, "text");
      case "code-delta":
        return text(event, "text", "language");
      case "call-error":
        return text(event, "message", "arguments");
      case "rewind":
        return text(event, "reason");
      case "exec":
        return demandExecEvent(party, "generate", event["event"]);
      case "finish":
        finished = true;
        if (!reasons.has(event["reason"])) throw broken(`finished for the reason ${printed(event["reason"])}`);
        return demandUsage(event["usage"], broken);
      default:
        throw broken(`emitted an event of type ${printed(event["type"])}`);
    }
  };
}

/** Wrong counts would make wrong bills, negative ones among them. */
function demandUsage(usage: unknown, broken: (what: string) => Error): void {
  if (!isJsonObject(usage)) throw broken(`finished with ${kindOf(usage)} as usage`);
  for (const key of ["inputTokens", "outputTokens"]) {
    const count = usage[key];
    if (!Number.isInteger(count) || (count as number) < 0) throw broken(`finished with ${key} that is no count`);
  }
}
