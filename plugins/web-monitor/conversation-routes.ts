import { type RunRecord, SluiceError } from "../../core/contract/index.ts";
import { searchWords } from "../../core/kit/index.ts";
import { longestTitle } from "./conversation-names.ts";
import { type Call, type Route, textIn } from "./route.ts";

/** Runs among which conversations are looked for, turns of one that are told, and conversations found by their names. */
const most = { runs: 1_000, turns: 400, called: 50 };
/** Answers to one question at once, each in a session of its own. */
const lanes = 8;

/** Sessions as conversations. */
export const conversationRoutes: readonly Route[] = [
  { method: "GET", path: "conversations", needs: "runs.list", handle: listConversations },
  { method: "GET", path: "conversations/*", needs: "journal.follow", handle: readConversation },
  { method: "POST", path: "conversations/*", needs: "sessions.use", handle: renameConversation },
  { method: "DELETE", path: "conversations/*", needs: "sessions.close", handle: removeConversation },
];

/** Those of the newest runs, the last used one first, each with its first question that is known. */
async function listConversations({ host, query, names }: Call): Promise<unknown> {
  const search = query.get("q") ?? "";
  const runs = await host.runs.list({ limit: most.runs, ...(search === "" ? {} : { search }) });
  const called = search === "" ? [] : names.called(searchWords(search), seenBy(host)).slice(0, most.called);
  const byName = await Promise.all(called.map((session) => host.runs.list({ session, limit: most.turns })));
  const fitting = new Map([...byName.flat(), ...runs].map((record) => [record.run, record]));
  const found = new Map<string, { name: string; title: string; last: string; flow: string; running: string[] }>();
  for (const { run, session, input, started, flow, status } of fitting.values()) {
    if (isUnnamed(session)) continue;
    const name = conversationOf(session);
    const { last = started, flow: latest = flow, running = [] } = found.get(name) ?? {};
    if (status === "running") running.push(run);
    found.delete(name);
    found.set(name, { name, title: input, last, flow: latest, running });
  }
  const conversations = [...found.values()].sort((a, b) => b.last.localeCompare(a.last));
  const shown = conversations.flatMap((each) => {
    const { title = each.title, removed } = names.of(each.name, seenBy(host));
    return removed !== undefined && each.last <= removed ? [] : [{ ...each, title }];
  });
  return { conversations: shown, isWhole: runs.length < most.runs };
}

/** Whose notes somebody sees: those of everybody whose runs are listed. */
function seenBy(host: Call["host"]): (owner: string) => boolean {
  return (owner) => host.allows("runs.list", owner);
}

/** Another name in lists; an empty one gives back the first question. */
async function renameConversation({ host, name, body, names }: Call): Promise<unknown> {
  const title = textIn(body, "title").trim();
  if (title.length > longestTitle) {
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", `a name has at most ${longestTitle} characters`);
  }
  await demandConversation(host, name);
  names.rename(name, title, host.owner, seenBy(host));
  return {};
}

/** Takes it from the list, and ends its sandboxes. Its runs stay in the journal as long as any run does. */
async function removeConversation({ host, name, person, reporter, names }: Call): Promise<unknown> {
  await demandConversation(host, name);
  const open = new Set(host.sessions.list().map(({ session }) => session));
  for (const session of sessionsOf(name)) if (open.has(session)) await host.sessions.close(session);
  names.remove(name, new Date().toISOString(), host.owner, seenBy(host));
  reporter.audit("conversation.remove", { client: person.name, target: name });
  return {};
}

/** @throws SluiceError SLUICE_RUN_NOT_FOUND where it has no run that this person may see */
async function demandConversation(host: Call["host"], name: string): Promise<void> {
  const [newest] = await host.runs.list({ session: name, limit: 1 });
  if (newest === undefined) throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is no conversation ${name}`);
}

/** Its own session, and those in which other flows answer. */
function sessionsOf(name: string): readonly string[] {
  return [name, ...Array.from({ length: lanes - 1 }, (_, index) => `${name}~${index + 2}`)];
}

/** The runs of a conversation, the oldest first, and which of its sessions have a sandbox now. */
async function readConversation({ host, name, signal, starts }: Call): Promise<unknown> {
  const sessions = sessionsOf(name);
  const found = await Promise.all(sessions.map((session) => host.runs.list({ session, limit: most.turns })));
  const newest = found.flat().sort((a, b) => b.started.localeCompare(a.started) || b.run.localeCompare(a.run));
  const records = newest.slice(0, most.turns).reverse();
  const turns = await Promise.all(
    records.map(async (record) => toTurn(record, await starts.of(host.journal, record.run, signal))),
  );
  const open = host.sessions
    .list()
    .filter(({ session, sandboxes }) => sessions.includes(session) && sandboxes.length > 0);
  return { turns, isWhole: newest.length <= most.turns, open: open.map(({ session }) => session) };
}

function toTurn({ run, session, flow, status, started, input }: RunRecord, start: object | undefined) {
  return { run, session, flow, status, started, title: input, question: run, ...start };
}

/** The second and later answers to one question have sessions of their own, beside the conversation's. */
function conversationOf(session: string): string {
  return session.replace(/~[2-8]$/, "");
}

/** A session that nobody named is a run's own, and ends with it. */
function isUnnamed(session: string): boolean {
  return /^s_[0-9a-z]{19}$/.test(session);
}
