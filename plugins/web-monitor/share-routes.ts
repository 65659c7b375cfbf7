import { SluiceError } from "../../core/contract/index.ts";
import type { Call, Route } from "./route.ts";
import { endedRun } from "./run-routes.ts";
import type { Share } from "./shares.ts";

/** Links that show one run each: to give one, to see which are out, and to end one. */
export const shareRoutes: readonly Route[] = [
  { method: "POST", path: "runs/*/link", needs: "shares.give", handle: giveLink },
  {
    ...{ method: "GET", path: "shares", needs: "shares.list" },
    handle: ({ host, shares }) => ({
      shares: shares
        .list()
        .filter((share) => mayAsk(host, "shares.list", share))
        .map(({ id, run, owner, created, expires }) => ({
          ...{ id, run, owner, mine: host.owns("run", owner) },
          ...{ created: new Date(created).toISOString(), expires: new Date(expires).toISOString() },
        })),
    }),
  },
  { method: "DELETE", path: "shares/*", needs: "shares.end", handle: endLink },
];

/** It shows the run to anybody, and nothing else. Whoever gives one is named in the audit. */
async function giveLink({ host, name, person, reporter, shares }: Call): Promise<unknown> {
  const { owner: runOwner } = await endedRun({ host, name });
  reporter.audit("monitor.share", { client: person.name, target: name });
  return shares.add({ run: name, runOwner, host, giver: person.name, until: person.expires });
}

/** @throws SluiceError SLUICE_RUN_NOT_FOUND, also where it is somebody else's */
function endLink({ host, name, person, reporter, shares }: Call): unknown {
  const share = shares.list().find(({ id }) => id === name);
  if (share === undefined || !mayAsk(host, "shares.end", share))
    throw new SluiceError("SLUICE_RUN_NOT_FOUND", "there is no such link", { cure: "It may have ended by itself." });
  shares.end(share.id);
  reporter.audit("monitor.unshare", { client: person.name, target: share.run });
  return {};
}

/** Who gave a link may end it, and also whose run it shows. */
function mayAsk(host: Call["host"], method: "shares.list" | "shares.end", { owner, runOwner }: Share): boolean {
  return host.allows(method, owner) || host.allows(method, runOwner);
}
