import { lastValueFrom, toArray } from "rxjs";
import type { ExecEvent, Sandbox, SandboxSession } from "../../contract/sandbox.ts";
import type { ContractCase } from "./cases.ts";
import { demand, settling, within } from "./expect.ts";

/** Milliseconds that opening and executing may take: a container may have to start. */
const patience = 60_000;
const content = new TextEncoder().encode("content");
const plain = { language: "python", interactive: false };

const open = (sandbox: Sandbox, session: string): Promise<SandboxSession> =>
  within(patience, "open", sandbox.open({ session, mode: "fresh" }, new AbortController().signal));

export const sandboxCases: readonly ContractCase<Sandbox>[] = [
  {
    name: "should end each execution with one exec-end, the last event",
    async run(sandbox, { code = "" }) {
      await using session = await open(sandbox, "suite-1");
      for (const each of [code, ""]) demandEnd(await execute(session, each));
    },
  },
  {
    name: "should keep files of a session, give them back as they were, and show none to another",
    async run(sandbox) {
      await using one = await open(sandbox, "suite-1");
      await using other = await open(sandbox, "suite-2");
      await one.put([{ path: "folder/a.txt", content }]);
      const found = await one.get("folder/a.txt");
      demand(Buffer.from(found).equals(content), "a file came back otherwise than it was put");
      demand(
        (await one.list()).some(({ path }) => path === "folder/a.txt"),
        "list does not have a file that was put",
      );
      demand(!(await other.list()).some(({ path }) => path.includes("a.txt")), "another session sees the file");
      await demandRefusal(other.get("folder/a.txt"), "SLUICE_FILE_NOT_FOUND");
      await demandRefusal(one.get("../outside"), "SLUICE_FILE_OUTSIDE");
    },
  },
  {
    name: "should end an execution that is aborted as killed, and go on",
    async run(sandbox, { code = "" }) {
      await using session = await open(sandbox, "suite-1");
      const signal = AbortSignal.abort(new Error("aborted by the suite"));
      demandEnd(await execute(session, code, signal));
      demandEnd(await execute(session, code));
    },
  },
  {
    name: "should leave nothing of an open that is aborted, and be closed once it is disposed of",
    async run(sandbox) {
      const aborted = sandbox.open({ session: "suite-1", mode: "fresh" }, AbortSignal.abort(new Error("given up")));
      const opened = await within(
        settling,
        "an open that was aborted before it began",
        aborted.then(
          (session) => session,
          () => undefined,
        ),
      );
      demand(opened === undefined, "an open that was aborted gave a session");
      const session = await open(sandbox, "suite-1");
      await session[Symbol.asyncDispose]();
      await session[Symbol.asyncDispose]();
      await within(patience, "closed of a session that was disposed of", session.closed);
    },
  },
];

function execute(session: SandboxSession, code: string, signal?: AbortSignal): Promise<ExecEvent[]> {
  return within(
    patience,
    "an execution",
    lastValueFrom(session.execute(code, { ...plain, ...(signal ? { signal } : {}) }).pipe(toArray())),
  );
}

function demandEnd(events: readonly ExecEvent[]): void {
  const ends = events.filter(({ type }) => type === "exec-end").length;
  demand(
    ends === 1 && events.at(-1)?.type === "exec-end",
    `an execution had ${ends} exec-end, or not as its last event`,
  );
}

async function demandRefusal(work: Promise<unknown>, code: string): Promise<void> {
  const refusal = await work.then(
    () => "nothing",
    (error: { code?: string }) => error.code,
  );
  demand(refusal === code, `${code} was expected, and ${refusal} came`);
}
