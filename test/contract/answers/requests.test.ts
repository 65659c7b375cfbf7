import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SluiceError } from "../../../core/contract/index.ts";
import { RemoteModel } from "../../../core/kit/index.ts";
import { openAI } from "../../../plugins/llm-openai/provider.ts";
import { ask, collect, realClock, remoteConfig, silentLog, Upstream } from "../../core/kit/upstream/upstream.ts";
import { Cases, type Respond, send } from "./answers-kit.ts";
import { answerOf, type Interface, interfaces } from "./interfaces.ts";

let cases: Cases;
beforeAll(async () => {
  cases = await Cases.start();
});
afterAll(() => cases[Symbol.asyncDispose]());

const key = "sk-planted-key-0123456789";
const yes = (each: Interface): Respond => send(each, answerOf(each, [{ text: "Yes." }], "stop"));

/** Keys as they come out of files, mails and shells. */
const badKeys: readonly (readonly [string, string])[] = [
  ["a byte order mark", `\ufeff${key}`],
  ["double quotes", `"${key}"`],
  ["single quotes", `'${key}'`],
  ["one quote", `${key}"`],
  ["typographic quotes", `“${key}”`],
  ["a line break", `${key}\n`],
  ["a carriage return", `${key}\r`],
  ["two lines", `${key}\n${key}`],
  ["a blank before it", ` ${key}`],
  ["a blank in it", "sk planted"],
  ["a tab", `${key}\t`],
  ["a no-break space", `${key}\u00a0`],
  ["a zero-width space", `${key}\u200b`],
  ["another alphabet", "sk-рlanted-key"],
  ["an ellipsis", "sk-planted…"],
  ["nothing but blanks", "   "],
  ["a control character", `${key}\u0007`],
];

describe.each(interfaces.map((each) => [each.name, each] as const))("a request over %s", (_name, each) => {
  it.each(badKeys)("should not be made with a key that has %s", async (_what, apiKey) => {
    const { model, bodies } = cases.model(each, [yes(each)], { headers: { "x-key": apiKey }, apiKey });
    const { error } = (await collect(model, ask("Hello"))) as { error?: SluiceError };
    // The Ollama of these tests has no key of its own.
    const option = each.lines ? /`headers\.x-key`/ : /`apiKey`/;
    if (each.lines && faultless(apiKey)) return;
    expect(error).toMatchObject({ code: "SLUICE_MODEL_AUTH", class: "auth", retryable: false });
    expect(error?.message).toMatch(option);
    expect(`${error?.message} ${error?.cure}`).not.toContain("planted");
    expect(bodies).toHaveLength(0);
  });

  it.each([301, 302, 303, 307, 308])("should take no key to another origin: HTTP %i", async (status) => {
    await using elsewhere = await Upstream.start((response) => yes(each)(response));
    const moved: Respond = (response) => void response.writeHead(status, { location: `${elsewhere.url}/x` }).end();
    const headers = { "x-team": "team-secret-0123", authorization: `Bearer ${key}` };
    const { model } = cases.model(each, [moved], { headers });
    await collect(model, ask("Hello"));
    expect(elsewhere.headers).toHaveLength(1);
    expect(JSON.stringify(elsewhere.headers)).not.toMatch(/planted|team-secret/);
  });

  it("should keep its headers where it is redirected within its origin", async () => {
    let asked = 0;
    const { model, bodies } = cases.model(each, [
      (response) => {
        asked += 1;
        if (asked > 3) return yes(each)(response);
        response.writeHead(308, { location: `?${asked}` }).end();
      },
    ]);
    const { text } = await collect(model, ask("Hello"));
    expect(text).toBe("Yes.");
    expect(bodies).toHaveLength(4);
  });

  it("should have texts that any encoder takes", async () => {
    const { model, bodies } = cases.model(each, [yes(each)], { system: "s\udc00" });
    const messages = [
      { role: "user" as const, name: "b\ud83d", text: "cut \ud83d" },
      { role: "assistant" as const, text: "\ude00 cut" },
      { role: "user" as const, text: "whole 😀" },
    ];
    await collect(model, { ...ask("x"), system: "y\ud800", messages });
    expect(bodies[0]).toContain("whole 😀");
    expect(bodies[0]).not.toMatch(/\\ud[89a-f]/i);
  });

  it.each([
    ["an answer first", ["assistant", "user"]],
    ["an answer last", ["user", "assistant"]],
    ["answers alone", ["assistant", "assistant"]],
    ["nothing", []],
    ["two of a kind", ["user", "user", "assistant", "assistant", "user"]],
  ] as const)("should begin and end with a user's words, and alternate: %s", async (_what, roles) => {
    const { model, bodies } = cases.model(each, [yes(each)]);
    const messages = roles.map((role, index) => ({ role, text: `word ${index}` }));
    await collect(model, { ...ask("x"), system: "", messages });
    const sent = rolesIn(JSON.parse(bodies[0] ?? "{}")).map((role) => (role === "model" ? "assistant" : role));
    expect(sent[0]).toBe("user");
    expect(sent.at(-1)).toBe("user");
    expect(sent.every((role, index) => role !== sent[index - 1])).toBe(true);
  });

  it("should leave its session usable after a client said half a character", async () => {
    const result = await cases.loop(
      each,
      send(each, answerOf(each, [{ text: "A\ud83d" }, { text: "\ude00B\ud83d" }], "stop")),
    );
    expect(result.text).toBe("A😀B\ufffd");
    expect(result.events.every((event) => JSON.stringify(event).isWellFormed())).toBe(true);
    for (const event of result.events)
      if (event.type === "text-delta") expect(event.data.text.isWellFormed()).toBe(true);
  });
});

describe("llm-openai", () => {
  const modelAt = (baseURL: string, changes: object) =>
    new RemoteModel(
      openAI,
      { ...remoteConfig(baseURL), retry: { attempts: 1, backoff: 1, longest: 1 }, ...changes } as never,
      {
        id: "gpt",
        clock: realClock,
        log: silentLog,
      },
    );

  it.each([
    [{}, "/v1/chat/completions"],
    [{ api: "chat" }, "/v1/chat/completions"],
    [{ api: "responses" }, "/v1/responses"],
  ])("should ask another server than OpenAI's by %j at %s", async (changes, path) => {
    await using upstream = await Upstream.start((response) => void response.writeHead(400).end());
    await using model = modelAt(`${upstream.url}/v1`, changes);
    await collect(model, ask("Hello"));
    expect(upstream.paths).toEqual([path]);
  });

  it.each(["https://api.openai.com/v1", "https://eu.api.openai.com/v1"])("should ask %s by Responses", (baseURL) => {
    const config = { ...remoteConfig(baseURL), api: undefined } as never;
    expect(openAI.format(config)).not.toBe(openAI.format({ ...remoteConfig("https://x.example/v1") } as never));
  });

  it.each([
    [
      "has no such address",
      (response: Parameters<Respond>[0]) => void response.writeHead(404).end('{"detail":"Not Found"}'),
    ],
    ["answers otherwise", yes(interfaces[0] as Interface)],
  ])("should say what to set where a server %s", async (_what, respond) => {
    await using upstream = await Upstream.start((response) => respond(response));
    await using model = modelAt(`${upstream.url}/v1`, { api: "responses" });
    const { error } = (await collect(model, ask("Hello"))) as { error?: SluiceError };
    expect(error?.cure).toBe("Set `api: chat`, or use the plugin llm-openai-compatible.");
    expect(`${error?.message}${error?.cure}`).not.toContain("openai.chat(");
  });
});

/** Quotes and blanks are legal in a header that is no key. */
function faultless(value: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(value);
}

function rolesIn(body: Readonly<Record<string, unknown>>): string[] {
  const list = (body["messages"] ?? body["input"] ?? body["contents"] ?? []) as readonly { readonly role: string }[];
  return list.map(({ role }) => role).filter((role) => role !== "system" && role !== "developer");
}
