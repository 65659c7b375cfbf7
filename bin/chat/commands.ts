import { SluiceError } from "../../core/contract/index.ts";
import { cutText, didYouMean, fileFault, printable, unknownName } from "../../core/kit/index.ts";
import { readFiles } from "../execution/files.ts";
import type { HostConnection } from "../host/connection.ts";
import { localTime, plural } from "../output/style.ts";
import { table } from "../output/table.ts";
import type { MadeFiles } from "./made.ts";
import type { Protocol } from "./protocol.ts";

/** The conversation as its commands see it. */
export interface ChatState {
  readonly connection: HostConnection;
  readonly made: MadeFiles;
  readonly protocol: Protocol;
  /** The flow that chat was started with. */
  readonly home: string;
  flow: string;
  session: string;
  /** The run that the next question goes on from; null begins anew, undefined leaves it to the session. */
  tip: string | null | undefined;
  /** Goes on in that session, with nothing made or said so far. */
  enter(session: string): void;
  leave(): void;
}

interface ChatCommand {
  readonly words: string;
  readonly does: string;
  /** What is said of it. */
  run(conversation: ChatState, args: readonly string[]): Promise<string> | string;
}

const commands: Readonly<Record<string, ChatCommand>> = {
  "/new": { words: "", does: "begin a new session: nothing said or set before is known in it", run: begin },
  "/put": { words: "PATH...", does: "put files and folders of this machine into the workspace", run: put },
  "/get": {
    words: "[DIR]",
    does: "save what was made, files and pictures, into a folder; without one list it",
    run: get,
  },
  "/model": {
    words: "[ID]",
    does: "let a model answer alone; - goes back to the flow; without ID list them",
    run: model,
  },
  "/undo": {
    words: "",
    does: "take back the last question and its answer; variables and files stay as they are",
    run: undo,
  },
  "/save": { words: "FILE", does: "write what was said into a Markdown file", run: save },
  "/sessions": { words: "[NAME]", does: "go on in another session; without a name list them", run: sessions },
  "/help": { words: "", does: "this", run: help },
  "/exit": { words: "", does: "leave; so do Ctrl-D, and Ctrl-C twice", run: leave },
};

/** Commands that may be meant by what was typed so far. */
export function completed(line: string): [string[], string] {
  return [line.startsWith("/") ? Object.keys(commands).filter((name) => name.startsWith(line)) : [], line];
}

/** Does what a line that begins with `/` says. @throws SluiceError SLUICE_USAGE, and what the command itself throws */
export async function command(conversation: ChatState, line: string): Promise<string> {
  const [name = "", ...args] = line.split(/\s+/);
  const known = Object.hasOwn(commands, name) ? commands[name] : name === "/quit" ? commands["/exit"] : undefined;
  if (known !== undefined) return known.run(conversation, args);
  throw new SluiceError("SLUICE_USAGE", `${name} is no command`, {
    cure: `${didYouMean(name, Object.keys(commands))}/help lists them.`,
  });
}

function help(): string {
  const rows = Object.entries(commands).map(([name, { words, does }]) => [`${name} ${words}`.trim(), does]);
  const width = Math.max(...rows.map(([head = ""]) => head.length)) + 2;
  const lines = rows.map(([head = "", does = ""]) => `${head.padEnd(width)}${does}`);
  return `${lines.join("\n")}
A line that ends with \\ goes on in the next one; between two lines of """ everything is one message, as is what you paste.
Ctrl-C interrupts what runs and keeps the session's variables; arrow keys bring back what was typed, Tab completes a command.`;
}

function begin({ enter }: ChatState): string {
  enter(crypto.randomUUID());
  return "a new session";
}

function leave(conversation: ChatState): string {
  conversation.leave();
  return "";
}

/** The last question is where the next one goes on before it: the run itself stays in the journal. */
async function undo(conversation: ChatState): Promise<string> {
  const { connection, session, tip, protocol } = conversation;
  const last = tip === undefined ? (await connection.runs({ session, limit: 1 }))[0]?.run : tip;
  if (last === undefined || last === null) {
    throw new SluiceError("SLUICE_USAGE", "nothing was asked that could be taken back", {
      cure: "Ask something first.",
    });
  }
  for await (const event of connection.follow(last, 0)) {
    if (event.type !== "run-start") break;
    conversation.tip = event.data.continues ?? null;
    protocol.undo();
    return `taken back: ${printable(cutText(event.data.input.text ?? event.data.input.code ?? "", 60))}`;
  }
  throw new SluiceError("SLUICE_RUN_NOT_FOUND", `the beginning of ${last} is no longer there`);
}

async function put({ connection, session }: ChatState, paths: readonly string[]): Promise<string> {
  if (paths.length === 0) throw wants("/put PATH...");
  const files = await readFiles(paths);
  await connection.putFiles(session, files);
  return `${plural(files.length, "file")} put`;
}

async function get({ connection, made, session }: ChatState, [folder, ...rest]: readonly string[]): Promise<string> {
  if (rest.length > 0) throw wants("/get DIR");
  const found = made.list();
  if (folder === undefined) return found.length === 0 ? "nothing was made yet" : found.map(printable).join("\n");
  const notes = await made.save(folder, (path) => connection.file(session, path));
  return [...notes.map(printable), `${plural(found.length, "thing")} in ${printable(folder)}`].join("\n");
}

async function model(conversation: ChatState, [id]: readonly string[]): Promise<string> {
  const models = (await conversation.connection.instances()).filter(({ kind }) => kind === "model");
  if (id === undefined) {
    const rows = models.map((each) => [each.id === conversation.flow ? "*" : "", each.id, each.plugin, each.status]);
    return table(["", "MODEL", "PLUGIN", "STATUS"], rows).trimEnd();
  }
  if (id === "-") {
    conversation.flow = conversation.home;
    return `the flow ${conversation.home} answers`;
  }
  if (!models.some((each) => each.id === id)) {
    const ids = models.map((each) => each.id);
    const none = "Add one to the profile, such as `tiny: { use: llm-local }`.";
    throw unknownName({ code: "SLUICE_USAGE", what: "model", said: id, known: ids, where: "the profile", none });
  }
  conversation.flow = id;
  return `${id} answers alone: its code is shown, and not run; /model - goes back`;
}

async function save({ protocol }: ChatState, [file, ...rest]: readonly string[]): Promise<string> {
  if (file === undefined || rest.length > 0) throw wants("/save FILE");
  try {
    await protocol.save(file);
  } catch (error) {
    throw new SluiceError("SLUICE_FILE_FAILED", `${file} is not written: ${fileFault(error)}`, {
      cure: "Name a file that is not there yet, in a folder that you can write.",
      cause: error,
    });
  }
  return `written to ${printable(file)}`;
}

async function sessions(conversation: ChatState, [name]: readonly string[]): Promise<string> {
  const all = await conversation.connection.sessions();
  if (name === undefined) {
    const rows = all.map((each) => [
      each.session === conversation.session ? "*" : "",
      ...[each.session, localTime(each.lastUsed), String(each.runs)],
    ]);
    return table(["", "SESSION", "LAST USED", "RUNS"], rows).trimEnd();
  }
  conversation.enter(name);
  return all.some(({ session }) => session === name) ? `in the session ${name}` : `a new session, ${name}`;
}

function wants(usage: string): SluiceError {
  return new SluiceError("SLUICE_USAGE", `it is ${usage}`, { cure: "/help lists the commands." });
}
