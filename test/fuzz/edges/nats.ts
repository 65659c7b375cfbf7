import { headers as newHeaders } from "@nats-io/transport-node";
import type { RunEvent } from "../../../core/contract/index.ts";
import { parseJsonObject } from "../../../core/kit/index.ts";
import { chunksOf, decode, headOf } from "../../../plugins/store-nats/chunk.ts";
import { LargeMessages } from "../../../plugins/store-nats/large.ts";
import { Presence } from "../../../plugins/store-nats/presence.ts";
import { asksFor, parseRecord } from "../../../plugins/store-nats/run-index.ts";
import { demandPlace } from "../../../plugins/store-nats/work-queue.ts";
import { texts } from "../mutate.ts";
import type { Edge } from "../run.ts";

const text = (seq: number, words: string): RunEvent => ({
  ...{ run: "r", seq, time: "2026-01-01T00:00:00.000Z", source: "s", type: "text-delta" },
  data: { text: words },
});
const chunks = [...chunksOf([text(1, "hé")], { host: "h", writer: "w", attempt: 1 })].concat(
  chunksOf([text(1, "long ".repeat(2_000))], { host: "h", writer: "w", attempt: 2 }),
);

/** A message as one run of bytes: its head, an empty line, and what it holds. */
const whole = ({ headers, payload }: (typeof chunks)[number]) =>
  Buffer.concat([
    Buffer.from(
      `${headers
        .keys()
        .map((key) => `${key}: ${headers.get(key)}`)
        .join("\n")}\n\n`,
    ),
    payload,
  ]);

const record = { run: "r", flow: "f", session: "s", input: "i", status: "running", started: "t", lastSeq: 0 };

/** What another host of a cluster, or whoever else may publish there, says. */
export const nats: Edge = {
  corpus: [
    ...chunks.map(whole),
    ...texts(
      { beat: 1, name: "a", runs: 2 },
      { priority: "normal", client: "token/a" },
      { record, owner: { host: "h", pid: 1, started: "t" }, models: ["m"], begun: 1 },
      "sluice-object:call/x",
    ),
  ],
  async take(input) {
    const said = input.toString("utf8");
    hear(input);
    const refused: unknown[] = [];
    const attempt = async (work: () => unknown) => {
      try {
        await work();
      } catch (error) {
        refused.push(error);
      }
    };
    await attempt(() => demandPlace(parseJsonObject(said)));
    await attempt(() => asksFor({ session: "s", model: "m", owner: "o" } as never, parseRecord(said)));
    await attempt(() => readLarge(input));
    await attempt(() => readChunk(input));
    // What is no typed error is the fault; one is enough.
    const [first] = refused.toSorted((one, other) => Number(isTyped(one)) - Number(isTyped(other)));
    if (refused.length === 4 || !isTyped(first)) throw first;
  },
};

const isTyped = (error: unknown) => error === undefined || (error as { code?: string }).code?.startsWith("SLUICE_");

/** By the callback that is given to the connection, where a throw would end it. */
function hear(input: Buffer): void {
  let heard: ((message: unknown) => void) | undefined;
  const listen = (_subject: string, callback: typeof heard) => {
    heard = callback;
    return () => undefined;
  };
  const link = { connected: false, listen, onHeard: () => undefined, onChange: () => () => undefined };
  const names = { beat: (host: string) => `n.beat.${host}` };
  const owner = { host: "own", pid: 1, started: "t" };
  const clock = { sleep: () => new Promise(() => undefined) };
  const presence = new Presence({ ...{ link, clock, owner, names, silence: 1_000 }, about: () => ({}) } as never);
  presence.start();
  heard?.({ subject: "n.beat.other", data: input });
  JSON.stringify(presence.hosts);
  presence.stop();
}

async function readLarge(input: Buffer): Promise<void> {
  const own = new Map([["call/x", Buffer.from("large")]]);
  const objects = {
    getBlob: async (name: string) => {
      if (!name.startsWith("call/")) throw new Error(`an object of another kind was read: ${name}`);
      return own.get(name) ?? null;
    },
  };
  await new LargeMessages({} as never, () => ({ objects }) as never).read(input, "call");
}

function readChunk(input: Buffer): void {
  const end = input.indexOf("\n\n");
  const headers = newHeaders();
  for (const line of input.subarray(0, Math.max(end, 0)).toString("latin1").split("\n")) {
    const [name = "", value = ""] = line.split(": ");
    // What the library refuses does not come in.
    if (/^[\w-]+$/.test(name) && /^[\x20-\x7e]*$/.test(value)) headers.append(name, value);
  }
  headOf(headers);
  JSON.stringify(decode("r", headers, input.subarray(end + 2)));
}
