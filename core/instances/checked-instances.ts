import type { SluiceError } from "../contract/errors.ts";
import type { Lifecycle } from "../contract/lifecycle.ts";
import type { Model } from "../contract/model.ts";
import type { Sink } from "../contract/sink.ts";
import type { Stage } from "../contract/stage.ts";
import type { Store } from "../contract/store.ts";
import type { Party } from "../plugin/checked/fault.ts";
import { checkedModel } from "../plugin/checked/model.ts";
import { checkedSandbox } from "../plugin/checked/sandbox.ts";
import { checkedSink } from "../plugin/checked/sink.ts";
import { checkedStage } from "../plugin/checked/stage.ts";
import { checkedStore } from "../plugin/checked/store.ts";
import type { SandboxOpener } from "../run/open-sandboxes.ts";
import type { Instance } from "./instance.ts";

export interface CheckedInstancesOptions {
  /** Lets others know of what a sandbox opens. */
  readonly track: (id: string, sandbox: SandboxOpener) => SandboxOpener;
  /** Hears of what an instance did wrong where no run and no caller does. */
  readonly onFault: (id: string, error: SluiceError) => void;
}

/** The seam: instances as the core uses them. Each is made once, and again when another takes its place. */
export class CheckedInstances {
  readonly #options: CheckedInstancesOptions;
  readonly #made = new WeakMap<Lifecycle, object>();

  constructor(options: CheckedInstancesOptions) {
    this.#options = options;
  }

  model(owner: Instance): Model {
    return this.#checked(owner, checkedModel);
  }
  sandbox(owner: Instance): SandboxOpener {
    return this.#options.track(owner.id, this.#checked(owner, checkedSandbox));
  }
  stage(owner: Instance): Stage {
    return this.#checked(owner, checkedStage);
  }
  sink(owner: Instance): Sink {
    return this.#checked(owner, checkedSink);
  }
  store(owner: Instance): Store {
    return this.#checked(owner, checkedStore);
  }

  #checked<Kind extends Lifecycle, Checked extends object>(
    owner: Instance,
    check: (party: Party, instance: Kind) => Checked,
  ): Checked {
    const instance = owner.get() as Kind;
    const known = this.#made.get(instance);
    if (known !== undefined) return known as Checked;
    const checked = check(this.#party(owner), instance);
    this.#made.set(instance, checked);
    return checked;
  }

  #party({ id, plan, failed }: Instance): Party {
    const { plugin, callTimeout } = plan;
    return {
      failed,
      id,
      plugin: plugin.manifest.name,
      folder: plugin.folder,
      callTimeout,
      report: (error) => this.#options.onFault(id, error),
    };
  }
}
