import { Discoverer, flowInfos, importPlugin, loadPlan, type PlannedInstance } from "../../core/command-line.ts";
import { type FlowInfo, type PluginManifest, SluiceError } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { connect, type HostWish, profileServed } from "../host/connection.ts";
import { loadValidPlan } from "../host/load.ts";
import { LazyHost } from "./lazy-host.ts";

const place = { cwd: process.cwd(), env: process.env };

/** Serves tools on stdin and stdout until stdin ends or a signal comes; stderr takes what went wrong beside them. */
export async function serveStdio({ wish, version }: { wish: HostWish; version: string }): Promise<void> {
  using interrupts = new Interrupts();
  const { transport, flows } = await known(wish);
  const module = await importPlugin(transport.plugin);
  if (typeof module === "function" || module.serveStreams === undefined) {
    throw new SluiceError(
      "SLUICE_PLUGIN_LOAD",
      `the plugin ${transport.plugin.manifest.name} cannot serve stdin and stdout`,
    );
  }
  const signal = interrupts.leaving;
  await using host = new LazyHost({ version, flows }, () => connect({ ...wish, flow: undefined, signal }));
  const report = (problem: string): void => void process.stderr.write(`sluice: ${printable(problem)}\n`);
  const { stdin: input, stdout: output } = process;
  await module.serveStreams({ config: transport.config, host, input, output, signal, report });
  if (interrupts.exitCode !== undefined) process.exitCode = interrupts.exitCode;
}

/**
 * What the profile says of flows, and of the transport where it has one. A host that is up has read its profile already:
 * what was done to the file since then is no reason to stop.
 */
async function known(wish: HostWish): Promise<{ transport: PlannedInstance; flows: readonly FlowInfo[] }> {
  const served = profileServed(wish);
  const plan =
    served === undefined ? await loadValidPlan(wish.profile) : (await loadPlan({ file: served, ...place })).plan;
  const transport = plan?.instances.find(({ plugin, absent }) => servesMcp(plugin.manifest) && absent === undefined);
  return { transport: transport ?? (await defaultTransport()), flows: plan === undefined ? [] : flowInfos(plan) };
}

function servesMcp({ capabilities }: PluginManifest): boolean {
  return capabilities?.includes("streams-mcp") === true;
}

/** The transport with every option as its manifest has it. */
async function defaultTransport(): Promise<PlannedInstance> {
  const use = (await new Discoverer().builtIns()).find(({ manifest }) => servesMcp(manifest))?.manifest.name;
  const config = { version: 1, plugins: { served: { use } } };
  const { plan } = await loadPlan({ config, implicitStore: false, ...place });
  const transport = plan?.instances.find(({ id }) => id === "served");
  if (transport === undefined) throw new SluiceError("SLUICE_PLUGIN_LOAD", "no plugin serves MCP on stdin and stdout");
  return transport;
}
