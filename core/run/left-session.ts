import { SluiceError } from "../contract/errors.ts";
import { plural } from "../kit/text/plural.ts";
import type { BudgetUse } from "./budget.ts";
import { principalOf } from "./principal.ts";
import { type FileText, toFile, toText } from "./queued-request.ts";
import type { Session, SessionRegistry } from "./sessions.ts";

/** What a host that stops leaves of a session, for whichever host begins it again. */
export interface LeftSession {
  readonly owner?: string;
  /** The run with which its conversation ends. */
  readonly spoken: string | null;
  readonly files: readonly FileText[];
  /** What was used of its budget. */
  readonly spent?: BudgetUse;
  /** Why its files are not here. */
  readonly reason?: string;
}

/** Files and bytes that are left of one session; one that has more leaves none. */
const most = { files: 2_000, bytes: 64 * 1024 * 1024 };

/** Its files, and where its conversation is to be read. Variables of its programs end with its host. */
export async function leftOf(session: Session, signal: AbortSignal): Promise<LeftSession> {
  const { owner, spoken } = session;
  const spent = session.budget?.spent ?? session.spentBefore;
  const base = { ...(owner === undefined ? {} : { owner }), spoken, ...(spent === undefined ? {} : { spent }) };
  try {
    return { ...base, files: await filesOf(session, signal) };
  } catch (error) {
    return { ...base, files: [], reason: SluiceError.from(error).message };
  }
}

async function filesOf(session: Session, signal: AbortSignal): Promise<readonly FileText[]> {
  const listed = await session.files();
  const bytes = listed.reduce((sum, { size }) => sum + size, 0);
  if (listed.length > most.files || bytes > most.bytes) {
    throw new SluiceError(
      "SLUICE_FILE_TOO_LARGE",
      `${plural(listed.length, "file")} of ${plural(bytes, "byte")}: too much to be left`,
    );
  }
  const files: FileText[] = [];
  for (const { path } of listed) {
    if (signal.aborted) throw new SluiceError("SLUICE_HOST_STOPPING", "the host stopped before all files were read");
    files.push(toText({ path, content: await session.get(path) }));
  }
  return files;
}

/** Begins a session with what another host left of it. @throws SluiceError SLUICE_WIRE_FORBIDDEN where it is not the owner's */
export async function recallLeft(own: SessionRegistry, name: string, left: LeftSession, owner?: string): Promise<void> {
  if (principalOf(left.owner) !== principalOf(owner)) {
    throw new SluiceError("SLUICE_WIRE_FORBIDDEN", `the session ${name} is somebody else's`);
  }
  const session = own.named(name, left.owner);
  session.spoken = left.spoken;
  session.spentBefore = left.spent;
  session.left = left.reason === undefined ? "variables" : "all";
  if (left.files.length > 0) await session.put(left.files.map(toFile));
}
