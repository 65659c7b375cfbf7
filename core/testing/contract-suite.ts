import type { Lifecycle } from "../contract/lifecycle.ts";
import type { PluginKind } from "../contract/plugin.ts";
import type { ContractCase, ContractContext } from "./contract/cases.ts";
import { modelCases } from "./contract/model-cases.ts";
import { sandboxCases } from "./contract/sandbox-cases.ts";
import { sinkCases } from "./contract/sink-cases.ts";
import { stageCases } from "./contract/stage-cases.ts";
import { storeCases } from "./contract/store-cases.ts";
import { transportCases } from "./contract/transport-cases.ts";
import type { LifecycleCase, LifecycleSubject } from "./lifecycle-suite.ts";
import { startTestHost } from "./test-host.ts";

const cases = {
  model: modelCases,
  sandbox: sandboxCases,
  stage: stageCases,
  transport: transportCases,
  sink: sinkCases,
  store: storeCases,
  service: [],
} as const satisfies Readonly<Record<PluginKind, readonly ContractCase<never>[]>>;

/** A plugin whose kind's promises are tried. */
export interface ContractSubject extends LifecycleSubject, ContractContext {
  readonly kind: PluginKind;
}

/**
 * What a plugin of a kind promises, as cases for any test runner, each with a host of its own. Of a service only its
 * lifecycle can be tried: what it does is its own.
 */
export function contractSuite(subject: ContractSubject): readonly LifecycleCase[] {
  const { kind, use, config: options = {}, others, flows = {}, host: place } = subject;
  const config = { version: 1, plugins: { ...others, subject: { use, with: options } }, flows };
  return (cases[kind] as readonly ContractCase<Lifecycle>[]).map(({ name, run }) => ({
    name,
    async run() {
      const instances = Object.keys(config.plugins);
      await using started = await startTestHost({ ...place, transports: true, store: false, config, instances });
      await run(started.host.instance("subject"), subject);
    },
  }));
}
