/**
 * Records runs of a real host, an event of every type among them, into `test/fixtures/recordings/every-event.ndjson`:
 * `npm run record:events`. It takes a Docker engine; what is made of the recording takes none.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type RecordedEvent, Recording } from "../../bin/execution/recording.ts";
import { SluiceClient } from "../../core/client/index.ts";
import type { OpenOptions, RunEvent } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";

const target = resolve(import.meta.dirname, "../fixtures/recordings/every-event.ndjson");

const program = `import sys, pathlib
from IPython.display import display, HTML
name = input("Who? ")
print("hello", name)
print("careful", file=sys.stderr)
display(HTML("<b>bold</b>"))
pathlib.Path("made.txt").write_text("made")
`;

const config = {
  version: 1,
  plugins: {
    box: { use: "docker-sandbox", with: { pool: 1 } },
    wire: { use: "websocket", with: { listen: "127.0.0.1:0" } },
    coder: { use: "llm-scripted", with: { script: [{ reasoning: "Let me see.", text: "I ask.", code: program }] } },
    flaky: { use: "llm-scripted", with: { script: [{ text: "I beg", error: { status: 503 } }] } },
    steady: { use: "llm-scripted", with: { script: ["It works."] } },
    slow: { use: "llm-scripted", with: { script: [{ wait: "30s", text: "too late" }] } },
    long: { use: "llm-scripted", with: { script: [{ text: "x".repeat(17_000), chunk: 1 }] } },
    ask: { use: "approve" },
    lost: {
      use: resolve(import.meta.dirname, "../fixtures/custom/bad-sink"),
      ...{ with: { how: "write throws" }, deliver: { attempts: 1, deadLetter: "dead.ndjson" } },
    },
    cloud: { use: "llm-openai", with: { model: "m", apiKey: "a-key-of-nobody", baseURL: "http://127.0.0.1:1/v1" } },
  },
  flows: {
    whole: ["coder", "ask", "box"],
    falls: { fallback: ["flaky", "steady"] },
    race: { race: ["slow", "steady"] },
    long: "long",
  },
};

/** Of host events that come again and again, so many of each source and type. */
const mostAlike = 2;

async function record(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-record-"));
  rmSync(target, { force: true });
  await using recording = await Recording.create(target);
  const seen = new Map<string, number>();
  let writing: Promise<void> = Promise.resolve();
  const keep = (event: RecordedEvent): void => {
    writing = writing.then(() => recording.write(event));
  };
  const pooled = Promise.withResolvers<void>();
  const host = await createHost({
    ...{ config, cwd: folder, env: { PATH: process.env["PATH"], SLUICE_HOME: join(folder, "home") } },
    ...{ transports: true, terminal: false, store: false },
    onEvent: (event) => {
      const name = `${event.source}.${event.type}`;
      seen.set(name, (seen.get(name) ?? 0) + 1);
      if ((seen.get(name) ?? 0) <= mostAlike) keep(event);
      if (event.type === "plugin-metric") pooled.resolve();
    },
  });
  try {
    const client = new SluiceClient({ url: host.wire()?.url ?? "", token: host.info.token ?? "" });
    await client.ready();
    client.close();
    host.settings.set("coder", { delay: "1ms" }, "record");
    // Its key was for another address: that is logged.
    host.settings.set("cloud", { baseURL: "http://127.0.0.1:2/v1" }, "record");
    await pooled.promise;
    const input = { text: "Greet me." };
    for await (const event of run(host, { flow: "whole", input, interactive: true })) keep(event);
    for await (const event of run(host, { flow: "falls", input })) keep(event);
    for await (const event of run(host, { flow: "race", input })) keep(event);
    // The journal no longer has its beginning; of the rest only what a reader of `core.*` is shown.
    const long = host.runs.open({ flow: "long", input });
    await long.done;
    for await (const event of long.events()) if (event.source === "core") keep(event);
  } finally {
    await host.close();
    // What a sink refuses is an event of its own, in its dead letter alone.
    const dead = readFileSync(join(folder, "dead.ndjson"), "utf8").split("\n", 1);
    for (const line of dead) keep(JSON.parse(line) as RecordedEvent);
    await writing;
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${recording.count} events in ${target}\n`);
}

/** One run, which is told what it asks. */
async function* run(host: Host, options: OpenOptions): AsyncGenerator<RunEvent> {
  const handle = host.runs.open(options);
  for await (const event of handle.events()) {
    yield event;
    if (event.type === "approval-request") await handle.input({ kind: "approval", approved: true });
    if (event.type === "input-request") await handle.input({ kind: "stdin", text: "World" });
  }
}

await record();
