import { type HostApi, SluiceError } from "../../core/index.ts";
import type { LmcConfig } from "./config.generated.ts";
import type { Conversations } from "./conversations.ts";
import { type Call, json, nameIn, objectIn, unprocessable } from "./http.ts";

/** The original's names of a model's settings, and ours. */
const modelOptions: Readonly<Record<string, string>> = {
  model: "model",
  api_base: "baseURL",
  api_key: "apiKey",
  temperature: "temperature",
};

/** Attributes of the original that clients set. Those that mean nothing here are kept, and told when asked for. */
const attributes = new Set(
  "auto_run system_message custom_instructions verbose debug offline safe_mode max_output loop loop_message user_message_template code_output_template".split(
    " ",
  ),
);

/** Characters of JSON, and levels, of what is kept of one setting: clients must not fill the host's memory. */
const largest = { characters: 1024 * 1024, levels: 64 };

/** `/settings`: the live options of the flow's model, and what the original calls attributes. */
export class Settings {
  readonly #host: HostApi;
  readonly #config: LmcConfig;
  readonly #conversations: Conversations;
  readonly #values = new Map<string, unknown>();
  readonly #groups = new Map<string, Readonly<Record<string, unknown>>>([
    ["llm", {}],
    ["computer", {}],
  ]);
  /** Counts how often the conversation was set back. */
  generation = 0;

  constructor(host: HostApi, config: LmcConfig, conversations: Conversations) {
    this.#host = host;
    this.#config = config;
    this.#conversations = conversations;
    this.#values.set("auto_run", config.autoRun);
  }

  get autoRun(): boolean {
    return this.#values.get("auto_run") === true;
  }

  async post(call: Call): Promise<void> {
    const body = objectIn(call.body);
    if (body === undefined) unprocessable(call.response, "the body is not a JSON object");
    else json(call.response, await this.#change(body, call.session));
  }

  /** All forms come with status 200, faults as well: the original puts its status into the body. */
  get(call: Call): void {
    const name = nameIn(call, "/settings/");
    if (name === "llm") json(call.response, JSON.stringify({ llm: this.#shown() }));
    else if (name === "messages") {
      json(call.response, JSON.stringify({ messages: this.#conversations.messages(call.session) }));
    } else if (attributes.has(name)) json(call.response, JSON.stringify({ [name]: this.#values.get(name) ?? null }));
    // There is a computer, and it has no form in JSON.
    else if (name === "computer") json(call.response, [{ error: "Failed to serialize the setting value" }, 500]);
    else json(call.response, [JSON.stringify({ error: "Setting not found" }), 404]);
  }

  async #change(body: Readonly<Record<string, unknown>>, session: string): Promise<unknown> {
    for (const [name, value] of Object.entries(body)) {
      const group = this.#groups.get(name);
      const merged = group !== undefined && typeof value === "object" && value !== null && { ...group, ...value };
      if (!fits(merged || value)) return [{ error: `Setting ${name} is too large` }, 400];
      if (merged) {
        try {
          if (name === "llm") this.#setModel(value as Record<string, unknown>);
        } catch (error) {
          return [{ error: SluiceError.from(error).message }, 400];
        }
        this.#groups.set(name, merged);
      } else if (name === "messages") {
        await this.#reset(session);
      } else if (group === undefined && attributes.has(name)) {
        this.#values.set(name, value);
      } else {
        return [{ error: `Setting ${name} not found` }, 404];
      }
    }
    return { status: "success" };
  }

  /** Sub-settings that the model's plugin does not have are borne: clients send what their own model needed. */
  #setModel(values: Readonly<Record<string, unknown>>): void {
    const known = Object.entries(values).flatMap(([name, value]) => {
      const option = modelOptions[name];
      return option === undefined || value === null ? [] : [[option, value] as const];
    });
    const instance = this.#model();
    if (known.length === 0) return;
    if (instance === undefined) {
      throw new SluiceError("SLUICE_FLOW_NO_BRANCH", `the flow ${this.#config.flow} has no model`);
    }
    this.#host.settings.set(instance, Object.fromEntries(known), "lmc");
  }

  /** The first model of the flow that is there. */
  #model(): string | undefined {
    const flow = this.#host.flows.find(({ name }) => name === this.#config.flow);
    const present = this.#host.models.list().filter(({ status }) => status !== "absent");
    return flow?.instances.find((id) => present.some((model) => model.id === id));
  }

  /** What the model really has, and beside it what clients set that means nothing here. Never its key. */
  #shown(): Readonly<Record<string, unknown>> {
    const { api_key: _secret, ...shown } = this.#groups.get("llm") ?? {};
    const instance = this.#model();
    if (instance === undefined) return shown;
    const live = this.#host.settings.get(instance);
    const own = Object.entries(modelOptions).filter(([, option]) => option !== "apiKey" && live[option] !== undefined);
    return { ...shown, ...Object.fromEntries(own.map(([theirs, option]) => [theirs, live[option]])) };
  }

  /** Whatever `messages` is set to, the conversation so far is over: what was said elsewhere cannot be put into it. */
  async #reset(session: string): Promise<void> {
    this.generation += 1;
    this.#conversations.forget(session);
    await this.#host.sessions.close(session);
  }
}

function fits(value: unknown): boolean {
  return !deeper(value, largest.levels) && (JSON.stringify(value) ?? "").length <= largest.characters;
}

function deeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => deeper(inner, levels - 1));
}
