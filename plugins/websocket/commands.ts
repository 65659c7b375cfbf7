import { type RunHandle, SluiceError } from "../../core/contract/index.ts";
import { callMethod } from "./calls.ts";
import type { IncomingFrame } from "./frames.ts";
import { follow, openRun } from "./open.ts";
import type { Peer, TransportContext } from "./peer.ts";

type FrameOf<Type extends IncomingFrame["t"]> = Extract<IncomingFrame, { t: Type }>;
type Command = Exclude<IncomingFrame, { t: "hello" }>;
type Result = Readonly<Record<string, unknown>>;

/**
 * Does what a message asks. Answers go to the peer's outbox here, because order matters: `opened` and `result` come
 * before the first event.
 */
export async function perform(context: TransportContext, peer: Peer, frame: Command): Promise<void> {
  switch (frame.t) {
    case "open":
      return openRun(context, peer, frame);
    case "follow":
      peer.host.demand("journal.follow");
      await follow(context, peer, frame.run, frame.after ?? 0, () => answer(peer, frame, {}));
      return;
    case "unfollow":
      peer.followers.stop(frame.run);
      return answer(peer, frame, {});
    case "ack":
      return peer.followers.ack(frame.run, frame.seq);
    case "cancel":
      return answer(peer, frame, await cancel(context, peer, frame));
    case "interrupt":
      return answer(peer, frame, { interrupted: (await (await steered(context, peer, frame))?.interrupt()) ?? false });
    case "stdin":
      return feed(context, peer, frame);
    case "input":
      return answer(peer, frame, await input(context, peer, frame));
    case "watch":
      peer.host.demand("feed.read");
      answer(peer, frame, { seq: peer.host.feed.last });
      return peer.watches.begin(peer.host, frame);
    case "unwatch":
      peer.watches.end(frame.watch);
      return answer(peer, frame, {});
    case "call":
      return answer(peer, frame, await callMethod(context, peer, frame.method, frame.params ?? {}));
  }
}

/** A piece for a run that has ended has crossed its end. */
function feed(context: TransportContext, peer: Peer, frame: FrameOf<"stdin">): void {
  // At once: pieces come in order. A run that is fed from here is executed here.
  peer.host.demand("runs.steer");
  if (told(context, peer, frame, peer.host.runs.get(frame.run)) === undefined) return;
  context.runs.stdin(frame.run)?.push(frame, peer.outbox);
}

/** Cancelling what has ended already is no fault: the two may have crossed. */
async function cancel(context: TransportContext, peer: Peer, frame: FrameOf<"cancel">): Promise<Result> {
  const handle = await steered(context, peer, frame);
  if (handle === undefined && !(await peer.host.journal.has(frame.run))) throw notFound(frame.run);
  handle?.cancel(frame.scope ?? "run");
  return { cancelled: handle !== undefined };
}

async function input(context: TransportContext, peer: Peer, frame: FrameOf<"input">): Promise<Result> {
  const handle = await steered(context, peer, frame);
  if (handle === undefined) throw notFound(frame.run);
  const { t, id, run, ...answered } = frame;
  await handle.input(answered);
  return {};
}

/** The run, when this client may steer it. Who steers somebody else's leaves word of it. */
async function steered(
  context: TransportContext,
  peer: Peer,
  frame: { readonly t: string; readonly run: string },
): Promise<RunHandle | undefined> {
  peer.host.demand("runs.steer");
  return told(context, peer, frame, peer.host.runs.get(frame.run) ?? (await peer.host.runs.find(frame.run)));
}

function told(
  { reporter }: TransportContext,
  { host, label }: Peer,
  frame: { readonly t: string; readonly run: string },
  handle: RunHandle | undefined,
): RunHandle | undefined {
  if (handle !== undefined && !host.owns("run", handle.owner)) {
    reporter.audit(frame.t, { client: label, target: frame.run });
  }
  return handle;
}

function answer(peer: Peer, { id, ...frame }: Command, result: Result): void {
  const run = "run" in frame ? { run: frame.run } : {};
  peer.outbox.send({ t: "result", ...(id === undefined ? {} : { re: id }), ...run, result });
}

function notFound(run: string): SluiceError {
  return new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${run}`);
}
