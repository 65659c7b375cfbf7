import { type Debugger, Session } from "node:inspector";
import { parseJson } from "../../kit/untrusted/parse-json.ts";
import { pathOf } from "../checked/fault.ts";

/** Milliseconds that a worker has to say where it is. */
const patience = 1_000;

interface Place extends Debugger.Location {
  readonly url: string;
}

/**
 * Where a worker is that gives no sign of life: ` (index.js:12)`, the innermost line that lies in the folder. It is paused
 * for a moment, as a debugger does; a paused thread cannot be ended, so it always goes on. Empty where it cannot be told.
 */
export async function heldPlace(name: string, folder: string): Promise<string> {
  const session = new Session();
  session.connect();
  const found = Promise.withResolvers<string>();
  let goOn = () => found.resolve("");
  const timer = setTimeout(() => goOn(), patience);
  try {
    session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
      if (workerInfo.title.includes(name)) goOn = ask(session, sessionId, folder, found.resolve);
    });
    session.post("NodeWorker.enable", { waitForDebuggerOnStart: false });
    return await found.promise;
  } finally {
    clearTimeout(timer);
    session.disconnect();
  }
}

/** Calls `tell` when the worker goes on. Returns what gives it up: a pause that was asked for is taken back. */
function ask(session: Session, sessionId: string, folder: string, tell: (place: string) => void): () => void {
  const scripts = new Map<string, string>();
  let place = "";
  const post = (id: number, method: string) =>
    session.post("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id, method }) });
  session.on("NodeWorker.receivedMessageFromWorker", ({ params }) => {
    if (params.sessionId !== sessionId) return;
    const message = parseJson(params.message, { from: "the inspector" }) as {
      readonly id?: number;
      readonly method?: string;
      readonly params?: { scriptId: string; url: string; callFrames: readonly Debugger.CallFrame[] };
    };
    if (message.method === "Debugger.scriptParsed" && message.params !== undefined) {
      scripts.set(message.params.scriptId, message.params.url);
    } else if (message.method === "Debugger.paused" && message.params !== undefined) {
      const frames = message.params.callFrames;
      place = placeOf(
        frames.map(({ location }) => ({ ...location, url: scripts.get(location.scriptId) ?? "" })),
        folder,
      );
      post(resumed, "Debugger.resume");
    } else if (message.id === resumed) tell(place);
  });
  post(1, "Debugger.enable");
  post(2, "Debugger.pause");
  return () => {
    post(resumed, "Debugger.resume");
    post(4, "Debugger.disable");
    setTimeout(() => tell(""), patience).unref();
  };
}

/** The id of the last question. */
const resumed = 3;

function placeOf(frames: readonly Place[], folder: string): string {
  for (const { url, lineNumber } of frames) {
    const path = url.startsWith("file:") ? pathOf(url) : url;
    if (path.startsWith(`${folder}/`)) return ` (${path.slice(folder.length + 1)}:${lineNumber + 1})`;
  }
  return "";
}
