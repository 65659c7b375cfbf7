import {
  type ClientHost,
  type HostApi,
  type RunHandle,
  type RunInput,
  SluiceError,
} from "../../core/contract/index.ts";
import { plural, unknownFlow } from "../../core/kit/index.ts";
import type { IncomingFrame } from "./frames.ts";
import type { Peer, TransportContext } from "./peer.ts";
import { StdinFeed } from "./stdin.ts";
import type { WireFile } from "./uploads.ts";

type OpenFrame = Extract<IncomingFrame, { t: "open" }>;

/**
 * From an `open` to its run. `frames.ts` has held the frame to its schema. Whatever speaks against the run is thrown
 * here, and becomes the `error` that answers the frame. Only a run that begins is answered by `opened`.
 */
export function openRun(context: TransportContext, peer: Peer, frame: OpenFrame): void {
  // The check that counts is `AuthorizedRuns.open` of the host, which no transport can pass by. This one comes first:
  // whoever may open nothing learns nothing of flows and limits, and takes up no run by its key.
  peer.host.demand("runs.open");
  if (context.draining) throw new SluiceError("SLUICE_HOST_STOPPING", "the host is stopping", { retryAfter: 1000 });
  // Repeated after a reconnect, it is answered with the run that it began.
  const key = `${peer.owner}\n${frame.id}`;
  const stdin = "code" in frame.input && frame.input.stdin === true ? new StdinFeed() : undefined;
  const handle = context.runs.opened(key) ?? begin(context, peer, frame, stdin);
  context.runs.add(handle, key, peer.owner, frame.onDisconnect ?? "detach", stdin);
  // Before the first event: the client knows the run by its name from here on.
  peer.outbox.send({ t: "opened", re: frame.id, run: handle.run, session: handle.session });
  context.runs.attach(handle.run, peer.owner, peer.connection);
  tell(context, peer, handle.run, peer.followers.resume(peer.host.journal, handle.run, frame.after ?? 0));
}

/** The limits of this transport, then the host's own: its authority, and what the run is made of. */
function begin(
  { config, runs }: TransportContext,
  peer: Peer,
  frame: OpenFrame,
  stdin: StdinFeed | undefined,
): RunHandle {
  const { host } = peer;
  demandFlow(host, frame.flow);
  runs.admit(peer.owner);
  if (frame.session !== undefined) admitSession(host, frame.session, config.limits.sessions);
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
  if (handle.refusal !== undefined) throw handle.refusal;
  return handle;
}

/** @throws SluiceError SLUICE_FLOW_NOT_FOUND */
function demandFlow({ flows, models }: HostApi, flow: string | undefined): void {
  if (flow === undefined || flows.some(({ name }) => name === flow) || models.list().some(({ id }) => id === flow))
    return;
  throw unknownFlow(
    flow,
    flows.map(({ name }) => name),
  );
}

/** Lets a client begin a session unless it has all it may have. Whose a session is, the host knows. @throws SluiceError SLUICE_OVERLOADED */
function admitSession(host: ClientHost, session: string, limit: number): void {
  const live = host.sessions.list();
  const own = live.filter(({ owner }) => host.owns("session", owner));
  if (own.length < limit || live.some((each) => each.session === session)) return;
  throw new SluiceError("SLUICE_OVERLOADED", `a client may have ${plural(limit, "session")} at once`, {
    retryAfter: 5000,
  });
}

/** What the frame asks for, with the bytes that went before it and the input that follows it. */
function inputOf(input: OpenFrame["input"], peer: Peer, stdin: StdinFeed | undefined): RunInput {
  const { files = [] } = input;
  const whole = files.length === 0 ? {} : { files: peer.uploads.decode(files) };
  if (!("code" in input)) return { text: input.text, ...whole };
  const { code, stdin: given, files: _, env, ...program } = input;
  const [uploaded] = peer.uploads.decode(uploadedCode(input));
  return {
    ...program,
    ...whole,
    code: typeof code === "string" ? code : Buffer.from(uploaded?.content ?? []).toString("utf8"),
    // The schema has seen to it that every value is a text.
    ...(env === undefined ? {} : { env: env as Readonly<Record<string, string>> }),
    ...(given === undefined ? {} : { stdin: given === true ? (stdin ?? "") : given }),
  };
}

function uploadedCode(input: OpenFrame["input"]): readonly WireFile[] {
  return "code" in input && typeof input.code !== "string" ? [{ path: "the code", ...input.code }] : [];
}

/** Starts to follow; `ready` is called when the run is known, before its first event is sent. */
export async function follow(
  context: TransportContext,
  peer: Peer,
  run: string,
  after: number,
  ready: () => void,
): Promise<void> {
  if (peer.host.runs.get(run) === undefined && !(await peer.host.journal.has(run)))
    throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no run ${run}`);
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
