import { lastValueFrom, type Observable, toArray } from "rxjs";
import { onTestFinished } from "vitest";
import type { RunEvent, SluiceClient } from "../../core/client/index.ts";
import { createHost, type Host } from "../../core/index.ts";
import { clientOf } from "../core/client/client-kit.ts";
import { clusterConfig, eventually, home, untilSeen } from "./cluster-kit.ts";
import { CutLink } from "./cut-link.ts";
import { freePort, TestNats } from "./nats-server.ts";

const code = "Do it.\n\n```bash\nrm -r old\n```\n";

interface Served {
  readonly capacity: number;
  readonly port: number;
  readonly env?: { readonly SLUICE_HOME: string };
  readonly box?: readonly unknown[];
  readonly silence?: string;
}

/** A host with a wire, whose model writes code that somebody has to approve. */
export async function served(url: string, { capacity, port, env = home(), box = ["gone\n"], silence = "3s" }: Served) {
  const { plugins, ...rest } = clusterConfig(url, { capacity, silence, script: [code, "Done."], delay: "0ms" });
  const host = await createHost({
    config: {
      ...rest,
      plugins: {
        ...plugins,
        ask: { use: "approve" },
        box: { use: "sandbox-scripted", with: { script: box } },
        wire: { use: "websocket", with: { listen: `127.0.0.1:${port}` } },
      },
      flows: { chat: { loop: ["words", "ask", "box"], until: "done", max: 3 } },
    },
    ...{ transports: true, env },
  });
  onTestFinished(() => host.close({ drain: 0 }));
  return host;
}

export function clientAt(host: Host): SluiceClient {
  const options = { token: host.info.token ?? "", client: "me", maxRetries: 100_000, retryDelay: 50, timeout: 30_000 };
  const client = clientOf(host.addresses[0] ?? "", options);
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

export const all = (events: Observable<RunEvent>) => lastValueFrom(events.pipe(toArray()));
export const has = async (host: Host, run: string, type: RunEvent["type"]) => {
  const [record] = await host.runs.list({ run });
  if (record === undefined) return false;
  for await (const event of host.journal.events(run)) {
    if (event.type === type) return true;
    if (event.seq >= record.lastSeq) return false;
  }
  return false;
};

/** A host that has the run, behind a link, and one that is asked; a client of the second opened the run there. */
export async function waiting(more: Partial<Served> = {}) {
  const server = await TestNats.start();
  const link = await CutLink.to(server.url);
  const [port, env] = [await freePort(), home()];
  const asked = await served(server.url, { capacity: 0, port, env, ...more });
  const having = await served(link.url, { capacity: 2, port: 0, ...more });
  await untilSeen(asked, 2);
  const client = clientAt(asked);
  const stream = client.run("chat", "go", { interactive: true });
  const events = all(stream);
  events.catch(() => undefined);
  const run = await stream.opened;
  await eventually(() => has(asked, run, "approval-request"));
  return {
    server,
    link,
    asked,
    having,
    client,
    run,
    events,
    again: () => served(server.url, { capacity: 0, port, env }),
  };
}
