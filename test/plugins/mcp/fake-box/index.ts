import { concatMap, type Observable } from "rxjs";
import {
  definePlugin,
  type ExecEvent,
  type ExecuteOptions,
  type SandboxSession,
  type SessionSpec,
} from "../../../../core/index.ts";
import { type FakeProgram, FakeSandbox } from "../../../../core/testing/index.ts";

export const picture = Buffer.from("no picture, but nobody looks").toString("base64");

/** `print X`, `complain X`, `value X`, `picture`, `file X`, `flood N`, `exit N`, `hang`: one word of these a line. */
function programOf(code: string): FakeProgram & { readonly extras: readonly ExecEvent[] } {
  let [stdout, stderr, exitCode, hang] = ["", "", 0, false];
  const extras: ExecEvent[] = [];
  for (const line of code.split("\n")) {
    const [word = "", ...rest] = line.split(" ");
    const value = rest.join(" ");
    if (word === "print") stdout += `${value}\n`;
    if (word === "complain") stderr += `${value}\n`;
    if (word === "flood") stdout += `${"x".repeat(Number(value))}\n`;
    if (word === "exit") exitCode = Number(value);
    if (word === "hang") hang = true;
    if (word === "value") extras.push({ type: "exec-result", data: { data: { "text/plain": value } } });
    if (word === "picture")
      extras.push({ type: "exec-result", data: { data: { "image/png": picture, "text/plain": "<Figure>" } } });
    if (word === "file") extras.push({ type: "exec-file", data: { path: value, size: 3, mime: "text/plain" } });
  }
  return { stdout, stderr, exitCode, hang, extras };
}

class FakeBox extends FakeSandbox {
  constructor() {
    super(programOf);
  }

  override async open(spec: SessionSpec, signal: AbortSignal): Promise<SandboxSession> {
    const session = await super.open(spec, signal);
    const plain = session.execute.bind(session);
    session.execute = (code: string, options: ExecuteOptions): Observable<ExecEvent> => {
      const { extras } = programOf(code);
      return plain(code, options).pipe(
        concatMap((event) => (event.type === "exec-end" ? [...extras, event] : [event])),
      );
    };
    return session;
  }
}

export default definePlugin<object>()({ create: () => new FakeBox() });
