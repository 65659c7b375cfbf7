import { type ClientHost, SluiceError } from "../../core/contract/index.ts";
import { cutText } from "../../core/kit/index.ts";
import type { LmcConfig } from "./config.generated.ts";
import { AllSettings, type ConversationSettings, type Values } from "./conversation-settings.ts";
import type { Conversations } from "./conversations.ts";
import { type Call, json, nameIn, objectIn } from "./http.ts";

/** The original's names of a model's settings, and ours. */
const modelOptions: Readonly<Record<string, string>> = {
  model: "model",
  api_base: "baseURL",
  api_key: "apiKey",
  temperature: "temperature",
};

type Fits = (value: unknown) => boolean;

const isText: Fits = (value) => typeof value === "string";
const isFlag: Fits = (value) => typeof value === "boolean";
const only =
  (...values: readonly unknown[]): Fits =>
  (value) =>
    values.includes(value);

/**
 * Attributes of the original that clients set, and the values that are kept here, besides null. Others are refused: what
 * is answered with success is done. `offline` promises what is always so: nothing is told to anybody.
 */
const attributes: Readonly<Record<string, Fits>> = {
  auto_run: isFlag,
  system_message: isText,
  custom_instructions: isText,
  offline: isFlag,
  verbose: only(false),
  debug: only(false),
  safe_mode: only("off"),
  max_output: only(2800),
  loop: only(false),
  loop_message: only(),
  user_message_template: only("{content}"),
  code_output_template: only(),
};

/** Characters of JSON, and levels, of what is kept of one setting: clients must not fill the host's memory. */
const largest = { characters: 1024 * 1024, levels: 64 };

/** `/settings`: what the original calls attributes, kept by conversation, and the options of the flow's model. */
export class Settings {
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

  ofCall({ host, session, named }: Call): ConversationSettings {
    return this.of(host, named ? session : undefined);
  }

  async post(call: Call): Promise<void> {
    const body = objectIn(call);
    if (body !== undefined) json(call.response, await this.#change(body, call));
  }

  /** All forms come with status 200, faults as well: the original puts its status into the body. */
  get(call: Call): void {
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

  async #change(body: Readonly<Record<string, unknown>>, call: Call): Promise<unknown> {
    const settings = this.ofCall(call);
    for (const [name, value] of Object.entries(body)) {
      const group = settings.groups.get(name);
      const merged = group !== undefined && typeof value === "object" && value !== null && { ...group, ...value };
      if (!fits(merged || value)) return [{ error: `Setting ${name} is too large` }, 400];
      try {
        if (merged) {
          if (name === "llm") this.#setModel(call.host, value as Values);
          settings.groups.set(name, merged);
        } else if (name === "messages") {
          await this.#reset(call, settings);
        } else if (group === undefined && Object.hasOwn(attributes, name)) {
          if (value !== null && !attributes[name]?.(value)) {
            return [{ error: `Setting ${name} is not supported with the value ${shortOf(value)}` }, 400];
          }
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

  /**
   * The model's options are the whole host's: they take the role `configure`, and are refused without it. Sub-settings
   * that the model's plugin does not have are borne: clients send what their own model needed.
   */
  #setModel(host: ClientHost, values: Values): void {
    const instance = this.#model(host);
    const live = instance === undefined ? {} : host.settings.get(instance);
    const known = Object.entries(values).flatMap(([name, value]) => {
      const option = modelOptions[name];
      return option === undefined || value === null || live[option] === value ? [] : [[option, value] as const];
    });
    if (known.length === 0) return;
    if (instance === undefined) {
      throw new SluiceError("SLUICE_FLOW_NO_BRANCH", `the flow ${this.#config.flow} has no model`);
    }
    host.settings.set(instance, Object.fromEntries(known), "lmc");
  }

  /** The first model of the flow that is there. */
  #model(host: ClientHost): string | undefined {
    const flow = host.flows.find(({ name }) => name === this.#config.flow);
    const present = host.models.list().filter(({ status }) => status !== "absent");
    return flow?.instances.find((id) => present.some((model) => model.id === id));
  }

  /** What the model really has, and beside it what clients set that means nothing here. Never its key. */
  #shown(call: Call): Values {
    const { api_key: _secret, ...shown } = this.ofCall(call).groups.get("llm") ?? {};
    const instance = this.#model(call.host);
    if (instance === undefined) return shown;
    const live = call.host.settings.get(instance);
    const own = Object.entries(modelOptions).filter(([, option]) => option !== "apiKey" && live[option] !== undefined);
    return { ...shown, ...Object.fromEntries(own.map(([theirs, option]) => [theirs, live[option]])) };
  }

  /** Whatever `messages` is set to, the conversation so far is over: what was said elsewhere cannot be put into it. */
  async #reset({ host, session }: Call, settings: ConversationSettings): Promise<void> {
    await host.sessions.close(session);
    this.#conversations.forget(session);
    settings.reset(session);
  }
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
