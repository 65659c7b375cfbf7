import { lastValueFrom, toArray } from "rxjs";
import { SluiceError } from "../../contract/errors.ts";
import type { Model, ModelEvent, ModelRequest } from "../../contract/model.ts";
import type { ContractCase } from "./cases.ts";
import { demand, settling, within } from "./expect.ts";

const request: ModelRequest = { system: "Be brief.", messages: [{ role: "user", text: "hello" }], codeWanted: false };
/** Milliseconds for one answer; a model of this machine may be slow. */
const patience = 60_000;

export const modelCases: readonly ContractCase<Model>[] = [
  {
    name: "should have a name, end an answer with one finish, and fail with a SluiceError alone",
    async run(model) {
      demand(typeof model.modelId === "string" && model.modelId !== "", "modelId is no name");
      await answer(model);
    },
  },
  {
    name: "should answer twice at once, each answer whole",
    async run(model) {
      await Promise.all([answer(model), answer(model)]);
    },
  },
  {
    name: "should ask nobody before it is subscribed to, and anew for each subscription",
    async run(model) {
      const answers = model.generate(request, new AbortController().signal);
      await complete(answers.pipe(toArray()));
      await complete(answers.pipe(toArray()));
    },
  },
  {
    name: "should settle when it is aborted, before and while it answers",
    async run(model) {
      const reason = new Error("aborted by the suite");
      const early = model.generate(request, AbortSignal.abort(reason));
      await within(settling, "an answer that was aborted before it began", ended(early));
      const late = new AbortController();
      const over = ended(model.generate(request, late.signal));
      late.abort(reason);
      await within(settling, "an answer that was aborted", over);
    },
  },
];

async function answer(model: Model): Promise<void> {
  const events = await complete(model.generate(request, new AbortController().signal).pipe(toArray()));
  if (events === undefined) return;
  const finishes = events.filter(({ type }) => type === "finish").length;
  demand(
    finishes === 1 && events.at(-1)?.type === "finish",
    `an answer had ${finishes} finish, or not as its last event`,
  );
  for (const event of events) demandShape(event);
}

function demandShape(event: ModelEvent): void {
  const text = "text" in event ? event.text : undefined;
  demand(text === undefined || typeof text === "string", `the text of a ${event.type} is no text`);
  if (event.type !== "finish") return;
  const { inputTokens, outputTokens } = event.usage;
  demand(
    Number.isInteger(inputTokens) && Number.isInteger(outputTokens),
    "the usage of a finish is no number of tokens",
  );
}

/** The events; undefined where it failed as it may. @throws Error when it failed otherwise */
async function complete<T>(events: Parameters<typeof lastValueFrom<T>>[0]): Promise<T | undefined> {
  try {
    return await within(patience, "an answer", lastValueFrom(events));
  } catch (error) {
    if (SluiceError.is(error)) return undefined;
    throw new Error(`it failed with what is no SluiceError: ${String(error)}`, { cause: error });
  }
}

function ended(events: ReturnType<Model["generate"]>): Promise<void> {
  return new Promise((resolve) => events.subscribe({ error: () => resolve(), complete: () => resolve() }));
}
