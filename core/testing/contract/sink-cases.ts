import { SluiceError } from "../../contract/errors.ts";
import type { Sink, SinkEntry } from "../../contract/sink.ts";
import type { ContractCase, SinkBackend } from "./cases.ts";
import { demand, within } from "./expect.ts";
import { hostEvents, sampleRun } from "./sample-events.ts";

/** Milliseconds for a batch. */
const patience = 10_000;

export const sinkCases: readonly ContractCase<Sink>[] = [
  {
    name: "should take every type of event, many and none at once, and have them out after a flush",
    async run(sink, { backend }) {
      const batches = [[], [...hostEvents], [...sampleRun("r_0000000000000000001")]];
      for (const batch of batches) await within(patience, "write", Promise.resolve(sink.write(batch)));
      await within(patience, "flush", Promise.resolve(sink.flush()));
      if (backend === undefined) return;
      const sent = batches.flat().length;
      demand(backend.received() === sent, `${sent} were written and flushed, and ${backend.received()} received`);
    },
  },
  {
    name: "should change no entry that it was given",
    async run(sink) {
      const frozen = hostEvents.map((event) => Object.freeze({ ...event, data: Object.freeze(event.data) }));
      await sink.write(frozen as SinkEntry[]);
      await sink.flush();
    },
  },
  ...(["transient", "permanent", "mixed"] as const).map(
    (how): ContractCase<Sink> => ({
      name: `should lose nothing unsaid where its receiver refuses (${how}): accepted and refused are what was sent`,
      async run(sink, { backend }) {
        if (backend === undefined) return;
        await balance(sink, backend, how);
      },
    }),
  ),
];

async function balance(sink: Sink, backend: SinkBackend, how: "transient" | "permanent" | "mixed"): Promise<void> {
  const before = backend.received();
  let [sent, refused] = [0, 0];
  for (let round = 0; round < 20; round += 1) {
    backend.answer(how === "mixed" ? ((["ok", "transient", "permanent"] as const)[round % 3] ?? "ok") : how);
    const batch = sampleRun(`r_${String(round).padStart(19, "0")}`);
    sent += batch.length;
    try {
      await within(patience, "write", Promise.resolve(sink.write(batch)));
      await within(patience, "flush", Promise.resolve(sink.flush()));
    } catch (error) {
      demand(SluiceError.is(error), `a refused batch is told with what is no SluiceError: ${String(error)}`);
      if (how !== "mixed") demand(error.retryable === (how === "transient"), `retryable is wrong for a ${how} refusal`);
      refused += batch.length;
    }
  }
  backend.answer("ok");
  const accepted = backend.received() - before;
  demand(accepted + refused === sent, `${sent} were sent, ${accepted} accepted and ${refused} refused`);
}
