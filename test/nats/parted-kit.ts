import type { Host } from "../../core/index.ts";
import { type ClusterConfig, clusterHost, eventually, untilSeen } from "./cluster-kit.ts";
import { CutLink } from "./cut-link.ts";
import { TestNats } from "./nats-server.ts";

const input = { text: "go" };
export const lastOf = async (host: Host, run: string) => (await host.runs.list({ run }))[0]?.lastSeq ?? 0;

/** A host behind a link, and one that has none; the first executes a run. */
export async function parted(config: ClusterConfig) {
  const server = await TestNats.start();
  const link = await CutLink.to(server.url);
  const behind = await clusterHost(link.url, config);
  const other = await clusterHost(server.url, { ...config, capacity: 0 });
  await untilSeen(other, 2);
  const handle = behind.runs.open({ input, session: "talk" });
  await eventually(async () => (await lastOf(other, handle.run)) > 5);
  return { server, link, behind, other, handle };
}
