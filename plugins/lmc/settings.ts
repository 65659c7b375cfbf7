import { type ClientHost, type ModelParameters, SluiceError } from "../../core/contract/index.ts";
import { cutText } from "../../core/kit/index.ts";
import type { LmcConfig } from "./config.generated.ts";
import { AllSettings, type ConversationSettings, type Values } from "./conversation-settings.ts";
import type { Conversations } from "./conversations.ts";
import { json, type LmcHttpCall, nameIn, objectIn } from "./http.ts";
import { attributes, groups, modelOptions, ownParameters } from "./setting-values.ts";

/** Characters of JSON, and levels, of what is kept of one setting: clients must not fill the host's memory. */
const largest = { characters: 1024 * 1024, levels: 64 };

const allOptions = { ...modelOptions, ...ownParameters };

/** `/settings`: what the original calls attributes, kept by conversation, and the options of the flow's model. */
export class LmcSettings {
  readonly #config: LmcConfig;
  readonly #conversations: Conversations;
  readonly #all: AllSettings;

  constructor(config: LmcConfig, conversations: Conversations) {
    this.#config = config;
    this.#conversations = conversations;
    this.#all = new AllSettings(config.autoRun);
  }

  of(host: ClientHost, session: string | undefined): ConversationSettings {
    return this.#all.of(host.owner, session);
  }

  ofCall({ host, session, named }: LmcHttpCall): ConversationSettings {
    return this.of(host, named ? session : undefined);
  }

  async post(call: LmcHttpCall): Promise<void> {
    const body = objectIn(call);
    if (body !== undefined) json(call.response, await this.#change(body, call));
  }

  /** All forms come with status 200, faults as well: the original puts its status into the body. */
  get(call: LmcHttpCall): void {
    const name = nameIn(call, "/settings/");
    const { host, session, response } = call;
    const { values } = this.ofCall(call);
    if (name === "llm") json(response, JSON.stringify({ llm: this.#shown(call) }));
    else if (name === "messages") {
      json(response, JSON.stringify({ messages: this.#conversations.messages(host, session) }));
    } else if (Object.hasOwn(attributes, name)) json(response, JSON.stringify({ [name]: values.get(name) ?? null }));
    // There is a computer, and it has no form in JSON.
    else if (name === "computer") json(response, [{ error: "Failed to serialize the setting value" }, 500]);
    else json(response, [JSON.stringify({ error: "Setting not found" }), 404]);
  }

  async #change(body: Readonly<Record<string, unknown>>, call: LmcHttpCall): Promise<unknown> {
    const settings = this.ofCall(call);
    for (const [name, value] of Object.entries(body)) {
      const group = settings.groups.get(name);
      const merged = group !== undefined && typeof value === "object" && value !== null && { ...group, ...value };
      if (!fits(merged || value)) return [{ error: `Setting ${name} is too large` }, 400];
      try {
        if (merged) {
          const refusal = this.#refusal(name, value as Values, call);
          if (refusal !== undefined) return refusal;
          if (name === "llm") this.#setModel(call.host, value as Values);
          settings.groups.set(name, merged);
        } else if (name === "messages") {
          // What was said elsewhere cannot be put into a conversation: it can be emptied.
          if (value !== null && !(Array.isArray(value) && value.length === 0)) return unsupported(name, value);
          await this.#reset(call, settings);
        } else if (group === undefined && Object.hasOwn(attributes, name)) {
          // Null is false in the original, and here it would be the profile's word: it is said, or not set.
          const holds = value === null ? name !== "auto_run" : attributes[name]?.(value);
          if (!holds) return unsupported(name, value);
          settings.values.set(name, value);
          if (name === "auto_run") settings.chosen = value !== null;
        } else {
          return [{ error: `Setting ${name} not found` }, 404];
        }
      } catch (error) {
        const known = SluiceError.from(error);
        return [{ error: known.message }, known.code === "SLUICE_WIRE_FORBIDDEN" ? 403 : 400];
      }
    }
    return { status: "success" };
  }

  /** Why one of a group's sub-settings cannot be: nobody is told that something was set which is not. */
  #refusal(group: string, values: Values, { host }: LmcHttpCall): unknown {
    const instance = group === "llm" ? this.#model(host) : undefined;
    for (const [name, value] of Object.entries(values)) {
      const known = groups[group] ?? {};
      const option = group === "llm" && Object.hasOwn(allOptions, name) ? allOptions[name] : undefined;
      if (option !== undefined) {
        const live = instance === undefined ? {} : host.settings.get(instance);
        // Null stands for what the model has not: it is not a way to take away what it has.
        if (value === null && (live[option] ?? "") !== "") return unsupported(`${group}.${name}`, value);
      } else if (!Object.hasOwn(known, name)) return [{ error: `Setting ${group}.${name} not found` }, 404];
      else if (value !== null && !known[name]?.(value)) return unsupported(`${group}.${name}`, value);
    }
    return undefined;
  }

  /**
   * Parameters are the conversation's, where its model takes them. Other options are the whole host's: they take the role
   * `configure`, and are refused without it.
   */
  #setModel(host: ClientHost, values: Values): void {
    const instance = this.#model(host);
    const own = Object.entries(values).flatMap(([name, value]) => {
      const option = Object.hasOwn(ownParameters, name) ? ownParameters[name] : undefined;
      return option === undefined || value === null ? [] : [[option, value] as const];
    });
    const live = instance === undefined ? {} : host.settings.get(instance);
    const known = Object.entries(values).flatMap(([name, value]) => {
      const option = Object.hasOwn(modelOptions, name) ? modelOptions[name] : undefined;
      return option === undefined || value === null || live[option] === value ? [] : [[option, value] as const];
    });
    if (known.length + own.length === 0) return;
    // Who may not says more than what the model takes.
    if (known.length > 0) host.demand("settings.set");
    if (instance === undefined) {
      throw new SluiceError("SLUICE_FLOW_NO_BRANCH", `the flow ${this.#config.flow} has no model`);
    }
    if (own.length > 0) host.settings.demandForRun(instance, Object.fromEntries(own));
    if (known.length > 0) host.settings.set(instance, Object.fromEntries(known), "lmc");
  }

  /** How a run of the conversation is opened, and what it sets in place of its model's own options. */
  mannerOf(host: ClientHost, session: string | undefined) {
    const settings = this.of(host, session);
    const own = settings.parameters;
    const instance = Object.keys(own).length === 0 ? undefined : this.#model(host);
    const parameters: ModelParameters = instance === undefined ? {} : { [instance]: own };
    return { settings, parameters };
  }

  /** The first model of the flow that is there. */
  #model(host: ClientHost): string | undefined {
    const flow = host.flows.find(({ name }) => name === this.#config.flow);
    const present = host.models.list().filter(({ status }) => status !== "absent");
    return flow?.instances.find((id) => present.some((model) => model.id === id));
  }

  /** What the model really has, and beside it what clients set that means nothing here. Never its key. */
  #shown(call: LmcHttpCall): Values {
    const { api_key: _secret, ...shown } = this.ofCall(call).groups.get("llm") ?? {};
    const instance = this.#model(call.host);
    if (instance === undefined) return shown;
    const live = call.host.settings.get(instance);
    const has = Object.entries(allOptions).filter(([, option]) => option !== "apiKey" && live[option] !== undefined);
    const own = Object.entries(shown).filter(([name, value]) => Object.hasOwn(ownParameters, name) && value !== null);
    const options = Object.fromEntries(has.map(([theirs, option]) => [theirs, live[option]]));
    return { ...shown, ...options, ...Object.fromEntries(own) };
  }

  /** The conversation so far is over. */
  async #reset({ host, session }: LmcHttpCall, settings: ConversationSettings): Promise<void> {
    await host.sessions.close(session);
    this.#conversations.forget(session);
    settings.reset(session);
  }
}

function unsupported(name: string, value: unknown): unknown {
  return [{ error: `Setting ${name} is not supported with the value ${shortOf(value)}` }, 400];
}

function shortOf(value: unknown): string {
  return cutText(JSON.stringify(value) ?? "", 40);
}

function fits(value: unknown): boolean {
  return !deeper(value, largest.levels) && (JSON.stringify(value) ?? "").length <= largest.characters;
}

function deeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => deeper(inner, levels - 1));
}
