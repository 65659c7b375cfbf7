import { expect } from "vitest";
import { createHost, type Host } from "../../../core/index.ts";
import { collect, endOf } from "../flow/flow-kit.ts";

export const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;

export type Kind = "model" | "sandbox" | "stage" | "sink" | "store" | "transport";

export const input: Record<string, { text: string } | { code: string }> = {
  model: { text: "hello" },
  sandbox: { code: "1" },
  stage: { text: "hello" },
};

/** A host with one plugin that misbehaves, and flows that do not need it. */
export function hostWith(kind: Kind, how: string, env: Record<string, string>): Promise<Host> {
  const flows: Record<string, unknown> = { chat: "good" };
  if (kind === "model") flows["bad"] = "bad";
  if (kind === "sandbox") flows["bad"] = "bad";
  if (kind === "stage") flows["bad"] = ["good", "bad"];
  const plugins = {
    good: { use: "./shout" },
    bad: { use: `./bad-${kind}`, with: { how }, callTimeout: "100ms", restart: { attempts: 0 } },
  };
  return createHost({ config: { version: 1, plugins, flows }, cwd: custom, env, transports: true });
}

export async function goodIsWell(host: Host): Promise<void> {
  const events = await collect(host.runs.open({ flow: "chat", input: { text: "well" } }));
  expect(endOf(events).status).toBe("ok");
  expect(events.map((event) => (event.type === "text-delta" ? event.data.text : "")).join("")).toBe("WELL!");
}

/** What a run of others usually takes, of at least five and until `over` settles: the median, in milliseconds. */
export async function usualWhile(host: Host, over: Promise<unknown>): Promise<number> {
  let going = true;
  const end = () => {
    going = false;
  };
  void over.then(end, end);
  const took: number[] = [];
  for (let run = 0; run < 5 || (going && run < 200); run += 1) {
    const begun = performance.now();
    await goodIsWell(host);
    took.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return took.sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
}

/** What is wrong with each kind, and what the run that used it says. The message always begins with the instance. */
export const faults: Readonly<Record<"model" | "sandbox" | "stage", Readonly<Record<string, RegExp>>>> = {
  model: {
    throws: /generate threw: thrown in generate \(index\.js:\d+\)/,
    "throws nothing": /generate threw: undefined/,
    "throws an error without text": /generate threw: something was thrown that has no text/,
    "returns nothing": /generate returned undefined, and not an Observable/,
    "returns a promise": /generate returned a promise, and not an Observable/,
    "returns a promise that rejects": /generate returned a promise/,
    "returns a list": /generate returned a list/,
    fails: /generate threw: failed in the stream/,
    "fails with text": /generate threw: just text/,
    "throws when subscribed": /generate threw: thrown in subscribe/,
    "is silent": /generate was silent for 0.1 s/,
    "is silent after text": /generate was silent for 0.1 s/,
    "ends without finish": /stopped without its end/,
    "finishes twice": /generate emitted "finish" after its finish/,
    "goes on after finish": /generate emitted "text-delta" after its finish/,
    "gives null": /generate emitted null/,
    "gives text": /generate emitted a string/,
    "gives an unknown type": /generate emitted an event of type "poem"/,
    "gives a number as text": /generate emitted "text-delta" with a number as text/,
    "gives code without language": /generate emitted "code-delta" with undefined as language/,
    "gives an exec event of no kind": /generate emitted an event of type "exec-fun"/,
    "finishes for no reason": /generate finished for the reason "bored"/,
    "has no usage": /generate finished with undefined as usage/,
    "has a negative usage": /generate finished with inputTokens that is no count/,
    "has a usage that is no number": /generate finished with inputTokens that is no count/,
    "has an event that cannot be read": /generate threw: a getter/,
    "never stops": /generate gave 100000 events without a pause/,
    "ends the process": /called process.exit\(3\)/,
    "aborts the process": /called process.abort\(\)/,
    "kills the process": /called process.kill of its own host with SIGKILL/,
    "throws in a timer": /bad failed: uncaught: thrown in a timer/,
    "rejects in the dark": /bad failed: uncaught: nobody looks/,
  },
  sandbox: {
    "open throws": /open threw: thrown in open \(index\.js:\d+\)/,
    "open rejects": /open threw: rejected in open/,
    "open hangs": /open did not return for 0.1 s/,
    "open gives nothing": /open resolved with undefined/,
    "open gives a number": /open resolved with a number/,
    "open gives half a session": /open resolved with something without interrupt/,
    "execute throws": /execute threw: thrown in execute/,
    "execute returns nothing": /execute returned undefined/,
    "execute returns a promise": /execute returned a promise/,
    "execute fails": /execute threw: failed in the stream/,
    "execute is silent": /execute was silent for 0.1 s/,
    "execute is silent after output": /execute was silent for 0.1 s/,
    "has no end": /execute completed without an exec-end/,
    "gives nothing": /execute completed without an exec-end/,
    "ends twice": /execute emitted an event after its exec-end/,
    "goes on after its end": /execute emitted an event after its exec-end/,
    "gives null": /execute emitted null/,
    "gives a model's event": /execute emitted an event of type "text-delta"/,
    "ends the run": /execute emitted an event of type "run-end"/,
    "gives output without offset": /event exec-stdout that is not text or base64/,
    "gives a negative offset": /event exec-stdout that is not text or base64/,
    "gives output twice over": /event exec-stdout that is not text or base64/,
    "gives an exit code as text": /event exec-end that its schema refuses/,
    "gives an unknown status": /event exec-end that its schema refuses/,
    "gives an end without data": /event exec-end that its schema refuses/,
    "never stops": /execute gave 100000 events without a pause/,
    "ends the process": /called process.exit\(0\)/,
  },
  stage: {
    "apply throws": /apply threw: thrown in apply \(index\.js:\d+\)/,
    "apply returns nothing": /apply returned undefined/,
    "apply returns a promise": /apply returned a promise/,
    "apply returns what it got as text": /apply returned a string/,
    fails: /apply threw: failed in the stream/,
    "throws on an event": /apply threw: thrown in map/,
    "throws beside the stream": /bad failed: uncaught: thrown in a timer/,
    "is silent at the end": /apply was silent for 0.1 s/,
    "ends the run": /apply emitted run-end, which the core alone does/,
    "begins another run": /apply emitted run-start, which the core alone does/,
    "ends a branch that is none": /apply emitted branch-end, which the core alone does/,
    "speaks for another": /apply emitted text-delta in the name of "core"/,
    "gives null": /apply emitted null/,
    "gives an unknown type": /apply emitted an event of type "poem"/,
    "gives wrong data": /event text-delta that its schema refuses/,
    "gives no data": /event error that its schema refuses/,
    "never stops": /apply gave 100000 events without a pause/,
    "ends the process": /called process.exit\(0\)/,
  },
};
