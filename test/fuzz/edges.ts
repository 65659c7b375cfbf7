import { container } from "./edges/container.ts";
import { frames, pageRoutes, rawHttp } from "./edges/http.ts";
import { nats } from "./edges/nats.ts";
import { plugins } from "./edges/plugins.ts";
import { chat, content, messages, ollama, pull, responses } from "./edges/providers.ts";
import { client, lmc, lmcHttp, lmcServer, mcp, openai, wire } from "./edges/sockets.ts";
import { json, profile, recordings, rows } from "./edges/stored.ts";
import type { Edge } from "./run.ts";

/** Every way in, by the name that `npm run fuzz` takes. */
export const edges: Readonly<Record<string, Edge>> = {
  json,
  container,
  wire,
  client,
  lmc,
  "lmc-http": lmcHttp,
  "lmc-server": lmcServer,
  "openai-api": openai,
  mcp,
  "provider-chat": chat,
  "provider-responses": responses,
  "provider-messages": messages,
  "provider-content": content,
  "provider-ollama": ollama,
  "provider-pull": pull,
  rows,
  recordings,
  profile,
  nats,
  plugins,
  "raw-http": rawHttp,
  "page-routes": pageRoutes,
  frames,
};
