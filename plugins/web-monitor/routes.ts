import { SluiceError } from "../../core/contract/index.ts";
import { parseJsonObject, roleAllows } from "../../core/kit/index.ts";
import { chartRoutes } from "./chart-routes.ts";
import { conversationRoutes } from "./conversation-routes.ts";
import { instanceRoutes } from "./instance-routes.ts";
import { logRoutes } from "./log-routes.ts";
import { profileRoutes } from "./profile-routes.ts";
import { sendJson } from "./replies.ts";
import type { Call, Route } from "./route.ts";
import { runRoutes } from "./run-routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { shareRoutes } from "./share-routes.ts";
import { tapRoutes } from "./tap-routes.ts";

export const routes: readonly Route[] = [
  ...instanceRoutes,
  ...runRoutes,
  ...shareRoutes,
  ...sessionRoutes,
  ...conversationRoutes,
  ...profileRoutes,
  ...tapRoutes,
  ...chartRoutes,
  ...logRoutes,
];

/** @throws SluiceError SLUICE_WIRE_FORBIDDEN for a role that may not, or a write without the page's own mark */
export async function route(call: Omit<Call, "name" | "body">, path: string, body: Buffer): Promise<void> {
  const method = call.request.method === "HEAD" ? "GET" : call.request.method;
  const [found, name] = find(method ?? "GET", path);
  const needed = call.host.neededRole(found.needs);
  if (!roleAllows(call.person.role, needed)) {
    throw new SluiceError("SLUICE_WIRE_FORBIDDEN", `this needs the role ${needed}; you have ${call.person.role}`, {
      cure: `Open a link of that role: \`sluice monitor --role ${needed}\`.`,
    });
  }
  const answer = await found.handle({ ...call, name, body: parse(body) });
  if (answer !== undefined) sendJson(call.response, answer);
}

function find(method: string, path: string): readonly [Route, string] {
  for (const each of routes) {
    const pattern = new RegExp(`^${each.path.replace("*", "([^/]+)")}$`);
    const match = each.method === method ? pattern.exec(path) : null;
    if (match !== null) return [each, decode(match[1] ?? "")];
  }
  throw new SluiceError("SLUICE_RUN_NOT_FOUND", `there is nothing at ${method} ${path}`, { cure: "Reload the page." });
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", "a path that is not encoded as it should be");
  }
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.byteLength === 0) return {};
  try {
    return parseJsonObject(body);
  } catch {
    // Said below, as for JSON of another kind.
  }
  throw new SluiceError("SLUICE_WIRE_PROTOCOL", "the body is not a JSON object");
}
