import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { goodClients } from "../contract/transport-good.ts";
import { exchange, RawSocket, type Reply } from "../contract/transport-raw.ts";
import { type RequestParts, requestOf } from "../contract/transport-requests.ts";
import { Place, stop } from "../e2e/cli-kit.ts";
import { freePort, tokenOf } from "../e2e/drain-kit.ts";
import { formsOf, joined } from "./loot.ts";
import { WireClient } from "./wire-client.ts";

/** Nobody but its owner is to receive any of these, in any form. */
export const planted = {
  key: "sk-planted-key-0123456789abcdef",
  env: "planted-sandbox-env-0123456789",
  host: "planted-host-variable-0123456789",
  file: "planted-outside-file-0123456789",
  question: "planted-question-0123456789",
  answer: "planted-answer-0123456789",
  workspace: "planted-workspace-0123456789",
  variable: "planted-variable-0123456789",
} as const;

export const roleTokens = { read: "read-token-0123456789", run: "run-token-0123456789" } as const;
/** Without these the profile is none, for the host and for a command beside it. */
const commandEnv = { OPENAI_API_KEY: planted.key, PLANTED_ENV: planted.env };
/** Milliseconds after which somebody who keeps a connection open has said all. */
const silence = 1_000;
/** Of the victims' run and session. */
export interface Victim {
  readonly run: string;
  readonly session: string;
  readonly client: string;
}

/** `sluice up` with the default profile, a way in of each kind, people who use it, and all that attackers receive. */
export class Ground implements AsyncDisposable {
  readonly place: Place;
  readonly port: number;
  /** The host's own, which attackers have not. */
  token: string;
  readonly outside: string;
  readonly child: ChildProcess;
  /** Everything that the host's process printed. */
  readonly printed: string[] = [];
  readonly #received: string[] = [];
  readonly #sockets: RawSocket[] = [];
  readonly #cookies = new Map<string, { readonly cookie: string; readonly csrf: string }>();
  readonly #wires: WireClient[] = [];
  victim!: Victim;
  #own: WireClient | undefined;

  private constructor(place: Place, port: number, child: ChildProcess, outside: string) {
    this.place = place;
    this.port = port;
    this.child = child;
    this.token = tokenOf(place);
    this.outside = outside;
    child.stderr?.on("data", (chunk: Buffer) => this.printed.push(chunk.toString("utf8")));
    child.stdout?.on("data", (chunk: Buffer) => this.printed.push(chunk.toString("utf8")));
  }

  static async start(): Promise<Ground> {
    const port = await freePort();
    const outside = mkdtempSync(join(tmpdir(), "sluice-outside-"));
    writeFileSync(join(outside, "secret.txt"), `${planted.file}\n`);
    const place = new Place(profileOn(port));
    const child = place.start(["up", "--json"], { env: { ...commandEnv, PLANTED: planted.host } });
    await ready(child);
    const ground = new Ground(place, port, child, outside);
    await ground.#settle();
    return ground;
  }

  /** One request, whose answer counts as received. */
  async http(parts: RequestParts): Promise<Reply> {
    const reply = await exchange(this.port, requestOf(this.port, parts));
    this.#received.push(reply.bytes.toString("utf8"));
    return reply;
  }

  /** Bytes as they are, and all that is said to them until the server closes, or is silent. */
  async bytes(content: Buffer): Promise<string> {
    const socket = connect({ port: this.port, host: "127.0.0.1" });
    let said = "";
    socket.setTimeout(silence, () => socket.destroy());
    socket.on("data", (chunk) => {
      said += chunk.toString("utf8");
    });
    socket.on("error", () => undefined);
    socket.write(content);
    await new Promise((resolve) => socket.once("close", resolve));
    this.#received.push(said);
    return said;
  }

  async socket(headers: Readonly<Record<string, string>> = {}, path = "/"): Promise<RawSocket> {
    const socket = await RawSocket.connect(this.port, headers, path);
    this.#sockets.push(socket);
    return socket;
  }

  /** A client of the wire that is an attacker: all that it is told counts. */
  async wire(token: string | undefined, client: string, headers: Readonly<Record<string, string>> = {}) {
    const socket = await this.socket({ "sec-websocket-protocol": "sluice.v1", ...headers });
    const talk = new WireClient(socket, client, token);
    this.#wires.push(talk);
    return talk;
  }

  /** A page that is signed in with that role; what it is told counts. */
  async page(role: "read" | "run" | "operate" | "configure") {
    const known = this.#cookies.get(role);
    if (known !== undefined) return known;
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    const parts = { path: "/monitor/api/links", headers, body: JSON.stringify({ role }) };
    const { body } = await exchange(this.port, requestOf(this.port, parts));
    const signed = await goodClients(this.port, "").signIn((JSON.parse(body) as { link: string }).link);
    this.#cookies.set(role, signed);
    return signed;
  }

  async asPage(role: "read" | "run" | "configure", method: string, path: string, body?: object): Promise<Reply> {
    const { cookie, csrf } = await this.page(role);
    const headers = { cookie, "x-sluice-csrf": csrf, "content-type": "application/json" };
    const parts = { method, path: `/monitor/api/${path}`, headers };
    return this.http(body === undefined ? parts : { ...parts, body: JSON.stringify(body) });
  }

  /** A program of somebody's, run by the command of whoever keeps the host. @throws Error where nothing was run */
  async program(args: readonly string[]) {
    const ended = await this.place.run(["run", ...args], { env: commandEnv });
    if (ended.code === 78 || ended.code === 69) throw new Error(`nothing was run: ${ended.stderr.slice(0, 300)}`);
    return ended;
  }

  /** The people of the house, who may hear everything of their own. */
  own(): WireClient {
    if (this.#own === undefined) throw new Error("nobody is at home");
    return this.#own;
  }

  /** Another token, with which the people of the house go on. */
  async rotate(): Promise<void> {
    await this.place.run(["token", "--rotate"]);
    this.token = tokenOf(this.place);
    this.#cookies.clear();
    await this.#comeHome();
  }

  /** What was received since the last look that nobody was to receive. */
  loot(): readonly string[] {
    const messages = this.#sockets.flatMap((socket) => socket.messages);
    const all = [...this.#received, ...messages, ...this.printed, joined(messages)].join("\n");
    const holds = (text: string) => formsOf(text).some((form) => all.includes(form));
    const found: string[] = Object.entries(planted).flatMap(([name, text]) => (holds(text) ? [name] : []));
    if (holds(this.token)) found.push("token");
    if (/root:[^\n]*:0:0:/.test(all)) found.push("/etc/passwd");
    this.#received.length = 0;
    for (const socket of this.#sockets) socket.messages.length = 0;
    this.printed.length = 0;
    return found.map((name) => `received: ${name}`);
  }

  /** What an attack took from everybody else: the host's life, its answers, a session of somebody's. */
  async damage(): Promise<readonly string[]> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return ["the host has ended"];
    const damage: string[] = [];
    const health = await exchange(this.port, requestOf(this.port, { method: "GET", path: "/healthz" }));
    if (health.status !== 200) damage.push(`/healthz answers ${health.status}`);
    // It answers no pings, so the host closes it in a long attack, maybe while it asks. What it had must be there when
    // it comes back.
    let said = await this.#look();
    if (this.own().socket.gone) {
      await this.#comeHome();
      said = await this.#look();
    }
    if (!said.includes("still mine")) damage.push(`the victim's session has changed: ${said.slice(-300)}`);
    return damage;
  }

  #look(): Promise<string> {
    return this.own()
      .code("print(canary)", this.victim.session)
      .catch((error: unknown) => String(error));
  }

  async letGo(): Promise<void> {
    for (const wire of this.#wires.splice(0)) wire.close();
    await Promise.all(this.#sockets.splice(0).map((socket) => (socket.gone ? undefined : socket.close())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#own?.close();
    await stop(this.child, "SIGTERM");
    await this.place[Symbol.asyncDispose]();
    rmSync(this.outside, { recursive: true, force: true });
  }

  async #comeHome(): Promise<WireClient> {
    const socket = await RawSocket.connect(this.port, { "sec-websocket-protocol": "sluice.v1" });
    this.#own = new WireClient(socket, "victim", this.token);
    return this.#own;
  }

  async #settle(): Promise<void> {
    const own = await this.#comeHome();
    const code = `canary = "still mine"
open("private.txt", "w").write("${planted.workspace}")
print("${planted.answer}")  # ${planted.question}`;
    const session = "private";
    await own.code(code, session);
    this.victim = { run: own.lastRun, session, client: "victim" };
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      if (said.includes("host-ready")) resolve();
    });
    child.once("exit", () => reject(new Error(`the host ended before it was ready: ${said}`)));
  });
}

const root = resolve(import.meta.dirname, "../..");

function profileOn(port: number): string {
  const listen = `listen: "127.0.0.1:${port}"`;
  const tokens = Object.entries(roleTokens).map(([role, token]) => `{ name: ${role}, role: ${role}, token: ${token} }`);
  const given = `tokens: [${tokens.join(", ")}]`;
  return `version: 1
extends: ${join(root, "profiles/default.yaml")}
plugins:
  claude: { use: llm-anthropic, optional: true, with: { apiKey: "\${env:NOT_THERE}" } }
  tiny: { use: llm-scripted, with: { script: [Hello.], repeat: true } }
  box: { with: { env: { KEY: "\${env:OPENAI_API_KEY}", FOR_PROGRAMS: "\${env:PLANTED_ENV}" } } }
  transport: { with: { ${listen}, ${given} } }
  monitor: { with: { ${listen} } }
  api: { with: { ${listen} } }
  mcp: { with: { ${listen}, ${given} } }
  classic: { use: lmc, with: { ${listen}, insecureRoutes: true, key: classic-key-0123456789 } }
`;
}

export const classicKey = { "x-api-key": "classic-key-0123456789" };

/** A folder that a stranger made: its plugin says when somebody imports it. */
export function strangersFolder(place: Place): { readonly folder: string; readonly mark: string } {
  const folder = join(place.folder, "strange");
  const mark = join(place.folder, "was-imported");
  mkdirSync(join(folder, "own"), { recursive: true });
  writeFileSync(join(folder, "sluice.yaml"), "version: 1\nplugins: { own: { use: ./own } }\nflows: { chat: own }\n");
  const config = { type: "object", properties: {} };
  const manifest = { name: "own", kind: "model", api: 1, description: "Strange.", checks: true, config };
  writeFileSync(join(folder, "own/plugin.json"), JSON.stringify(manifest));
  const source = `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "yes")`;
  writeFileSync(
    join(folder, "own/index.js"),
    `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
${source};
export default { check: () => [], create: () => ({}) };`,
  );
  return { folder, mark };
}
