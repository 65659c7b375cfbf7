import { SluiceError } from "../../core/contract/index.ts";
import { sendDownload } from "./replies.ts";
import type { Call, Route } from "./route.ts";

/** What a session has in its workspace now, whichever of its runs wrote it. */
export const sessionRoutes: readonly Route[] = [
  {
    ...{ method: "GET", path: "sessions/*/files", needs: "sessions.files" },
    handle: async ({ host, name }) => ({ files: await host.sessions.files(name) }),
  },
  { method: "GET", path: "sessions/*/file", needs: "sessions.files", handle: sendFile },
];

async function sendFile({ host, name, query, response }: Call): Promise<void> {
  const path = query.get("path") ?? "";
  if (path === "") throw new SluiceError("SLUICE_WIRE_PROTOCOL", "the query names no path");
  sendDownload(response, path, await host.sessions.get(name, path));
}
