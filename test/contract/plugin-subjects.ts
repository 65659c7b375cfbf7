import type { LifecycleSubject } from "../../core/testing/index.ts";

const listen = "127.0.0.1:0";
/** A flow for the transports to serve. */
const served = {
  others: { words: { use: "llm-scripted", with: { script: ["Hello."] } } },
  flows: { chat: "words" },
};

/** Every plugin that comes with the package and needs nothing but this process. */
export const inProcess: readonly LifecycleSubject[] = [
  { use: "llm-scripted", config: { script: ["Hello."] } },
  { use: "sandbox-scripted", config: { repeat: true }, flows: { run: "subject" } },
  { use: "llm-openai", config: { model: "gpt-5.2", apiKey: "key-for-tests" } },
  { use: "llm-anthropic", config: { model: "claude-sonnet-5", apiKey: "key-for-tests" } },
  { use: "llm-google", config: { model: "gemini-3-pro", apiKey: "key-for-tests" } },
  { use: "llm-openai-compatible", config: { model: "any", baseURL: "http://127.0.0.1:1/v1" } },
  { use: "llm-ollama", config: { model: "any" } },
  { use: "llm-websocket", config: { url: "ws://127.0.0.1:1" } },
  { use: "llm-local" },
  { use: "http-server" },
  { use: "websocket", config: { listen }, ...served },
  { use: "openai-api", config: { listen }, ...served },
  { use: "mcp", config: { listen }, ...served },
  { use: "lmc", config: { listen, insecureRoutes: true }, ...served },
  { use: "web-monitor", config: { listen }, ...served },
  { use: "approve", others: served.others, flows: { chat: ["words", "subject"] } },
  { use: "log-console" },
  { use: "log-file", config: { path: "var/log/test.ndjson" } },
  { use: "webhook", config: { url: "https://hooks.example.com/", secret: "secret-for-tests" } },
  { use: "store-sqlite" },
];

/** Those that need an engine; their tests are among those of `test/docker`. */
export const withEngine: readonly LifecycleSubject[] = [
  { use: "docker-sandbox", flows: { run: "subject" } },
  {
    use: "open-interpreter",
    config: { engine: "box", model: "openai/scripted", apiKey: "key-for-tests", pool: 0 },
    others: { box: { use: "docker-sandbox" } },
    flows: { chat: "subject" },
  },
];

/** Those that need a nats-server at `url`; their tests are among those of `test/nats`. */
export const withNats = (url: string): readonly LifecycleSubject[] => [
  { use: "store-nats", config: { servers: [url] } },
  {
    use: "queue-nats",
    config: { store: "store" },
    others: { store: { use: "store-nats", with: { servers: [url] } } },
  },
];
