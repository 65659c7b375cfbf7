import type { RunInput } from "../../core/contract/index.ts";
import { exitCodes } from "../execution/exit-code.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { connect, type HostConnection, type HostWish, profileServed } from "../host/connection.ts";
import { loadValidPlan } from "../host/load.ts";
import { profileOf } from "../host/profile.ts";
import { processOutputs } from "../output/output.ts";
import { ComparedAnswer } from "./answer.ts";
import { chooseModels } from "./choose.ts";
import { type CompareView, viewOf } from "./views.ts";

export interface Comparison {
  /** The host or profile that is asked. */
  readonly wish: HostWish;
  readonly models: readonly string[] | undefined;
  readonly input: RunInput;
  /** Milliseconds for each answer. */
  readonly timeout: number | undefined;
  readonly json: boolean;
}

/** Asks each model alone, all at once. Gives the exit code: 0 when at least one has answered. */
export async function compare({ wish, models, input, timeout, json }: Comparison): Promise<number> {
  using interrupts = new Interrupts();
  const served = profileServed(wish);
  const chosen = chooseModels(await loadValidPlan(served ?? wish.profile), models);
  await using connection = await connectTo(wish, served !== undefined, chosen, interrupts.leaving);
  const outputs = processOutputs();
  const answers = chosen.map((id) => new ComparedAnswer(id));
  const view = viewOf(answers, outputs, json);
  const stop = AbortSignal.any([interrupts.leaving, outputs.stdout.gone]);
  await Promise.all(
    answers.map(async (answer) => {
      await ask(connection, answer, { input, timeout }, view, stop).catch((error: unknown) => answer.fail(error));
      await view.ended();
    }),
  );
  await view.finish();
  if (outputs.stdout.gone.aborted) return exitCodes.pipe;
  if (interrupts.exitCode !== undefined) return interrupts.exitCode;
  const fault = await connection.unstored();
  if (fault !== undefined) throw fault;
  if (answers.some(({ status }) => status === "ok")) return 0;
  return answers[0]?.exitCode ?? exitCodes.failed;
}

function connectTo(
  wish: HostWish,
  up: boolean,
  instances: readonly string[],
  signal: AbortSignal,
): Promise<HostConnection> {
  if (up) return connect({ ...wish, flow: undefined, signal });
  return import("../host/local.ts").then(({ connectLocal }) =>
    connectLocal({ profile: profileOf(wish.profile), instances, signal }),
  );
}

async function ask(
  connection: HostConnection,
  answer: ComparedAnswer,
  options: { readonly input: RunInput; readonly timeout: number | undefined },
  view: CompareView,
  stop: AbortSignal,
): Promise<void> {
  const handle = await connection.open({ flow: answer.id, ...options });
  const leave = (): void => handle.cancel("run");
  if (stop.aborted) leave();
  stop.addEventListener("abort", leave, { once: true });
  try {
    for await (const event of handle.events()) {
      answer.observe(event);
      await view.show(event);
    }
  } finally {
    stop.removeEventListener("abort", leave);
  }
}
