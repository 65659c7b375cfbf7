import { type HostApi, type RunHandle, type RunInput, SluiceError } from "../../core/contract/index.ts";
import { callMethod } from "./calls.ts";
import type { IncomingFrame } from "./frames.ts";
import type { Peer, TransportContext } from "./peer.ts";
import { admitSession } from "./session-limit.ts";
import { StdinFeed } from "./stdin.ts";
import type { WireFile } from "./uploads.ts";

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
      return open(context, peer, frame);
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
      return answer(peer, frame, { interrupted: (await steered(context, peer, frame)?.interrupt()) ?? false });
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

/** Starts to follow; `ready` is called when the run is known, before its first event is sent. */
export async function follow(
  context: TransportContext,
  peer: Peer,
  run: string,
  after: number,
  ready: () => void,
): Promise<void> {
  if (peer.host.runs.get(run) === undefined && !(await peer.host.journal.has(run))) throw notFound(run);
  ready();
  context.runs.attach(run, peer.owner, peer.connection);
  tell(context, peer, run, peer.followers.start(peer.host.journal, run, after));
}

/** Tells the client of a follower that failed. */
function tell(
  { log }: TransportContext,
  peer: Peer,
  run: string,
  done: Promise<SluiceError | undefined> | undefined,
): void {
  void done?.then((error) => {
    if (error === undefined) return;
    if (error.code !== "SLUICE_WIRE_PROTOCOL") {
      log.error(`following ${run} failed: ${error.message}`, { code: error.code, run });
    }
    peer.outbox.send({ t: "error", run, ...error.toBody() });
  });
}

function open(context: TransportContext, peer: Peer, frame: FrameOf<"open">): void {
  peer.host.demand("runs.open");
  if (context.draining) throw new SluiceError("SLUICE_HOST_STOPPING", "the host is stopping", { retryAfter: 1000 });
  const key = `${peer.owner}\n${frame.id}`;
  const stdin = "code" in frame.input && frame.input.stdin === true ? new StdinFeed() : undefined;
  const handle = context.runs.opened(key) ?? begin(context, peer, frame, stdin);
  context.runs.add(handle, key, peer.owner, frame.onDisconnect ?? "detach", stdin);
  peer.outbox.send({ t: "opened", re: frame.id, run: handle.run, session: handle.session });
  context.runs.attach(handle.run, peer.owner, peer.connection);
  tell(context, peer, handle.run, peer.followers.resume(peer.host.journal, handle.run, frame.after ?? 0));
}

function begin(
  { config, runs }: TransportContext,
  peer: Peer,
  frame: FrameOf<"open">,
  stdin: StdinFeed | undefined,
): RunHandle {
  const { host } = peer;
  demandFlow(host, frame.flow);
  runs.admit(peer.owner);
  if (frame.session !== undefined) admitSession(peer, frame.session, config.limits.sessions);
  const { files = [] } = frame.input;
  const uploaded = uploadedCode(frame.input);
  const handle = host.runs.open({
    input: inputOf(frame.input, peer, stdin),
    key: frame.id,
    // A connected client can answer; one that cannot says so.
    interactive: frame.interactive ?? true,
    ...(frame.flow === undefined ? {} : { flow: frame.flow }),
    ...(frame.history === undefined ? {} : { history: frame.history }),
    ...(frame.session === undefined ? {} : { session: frame.session }),
    ...(frame.continues === undefined ? {} : { continues: frame.continues }),
    ...(frame.budget === undefined ? {} : { budget: frame.budget }),
  });
  peer.uploads.used([...files, ...uploaded]);
  return handle;
}

/** What the frame asks for, with the bytes that went before it and the input that follows it. */
function inputOf(input: FrameOf<"open">["input"], peer: Peer, stdin: StdinFeed | undefined): RunInput {
  const { files = [] } = input;
  const whole = files.length === 0 ? {} : { files: peer.uploads.decode(files) };
  if (!("code" in input)) return { text: input.text, ...whole };
  const { code, stdin: given, files: _, ...program } = input;
  const [uploaded] = peer.uploads.decode(uploadedCode(input));
  return {
    ...program,
    ...whole,
    code: typeof code === "string" ? code : Buffer.from(uploaded?.content ?? []).toString("utf8"),
    ...(given === undefined ? {} : { stdin: given === true ? (stdin ?? "") : given }),
  };
}

function uploadedCode(input: FrameOf<"open">["input"]): readonly WireFile[] {
  return "code" in input && typeof input.code !== "string" ? [{ path: "the code", ...input.code }] : [];
}

/** A piece for a run that has ended has crossed its end. */
function feed(context: TransportContext, peer: Peer, frame: FrameOf<"stdin">): void {
  if (steered(context, peer, frame) === undefined) return;
  context.runs.stdin(frame.run)?.push(frame, peer.outbox);
}

/** What was asked for is refused here. The client gets it as the answer, and not as a failed run. */
function demandFlow({ flows, models }: HostApi, flow: string | undefined): void {
  if (flow === undefined || flows.some(({ name }) => name === flow) || models.list().some(({ id }) => id === flow))
    return;
  const names = flows.map(({ name }) => name).join(", ");
  throw new SluiceError("SLUICE_FLOW_NOT_FOUND", `there is no flow ${flow}; the profile has: ${names}`);
}

/** Cancelling what has ended already is no fault: the two may have crossed. */
async function cancel(context: TransportContext, peer: Peer, frame: FrameOf<"cancel">): Promise<Result> {
  const handle = steered(context, peer, frame);
  if (handle === undefined && !(await peer.host.journal.has(frame.run))) throw notFound(frame.run);
  handle?.cancel(frame.scope ?? "run");
  return { cancelled: handle !== undefined };
}

async function input(context: TransportContext, peer: Peer, frame: FrameOf<"input">): Promise<Result> {
  const handle = steered(context, peer, frame);
  if (handle === undefined) throw notFound(frame.run);
  const { t, id, run, ...answered } = frame;
  await handle.input(answered);
  return {};
}

/** The run, when this client may steer it. Who steers somebody else's leaves word of it. */
function steered(
  { reporter }: TransportContext,
  { host, label }: Peer,
  frame: { readonly t: string; readonly run: string },
): RunHandle | undefined {
  host.demand("runs.steer");
  const handle = host.runs.get(frame.run);
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
