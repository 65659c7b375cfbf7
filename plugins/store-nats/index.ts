import { ClockToken, definePlugin, LoggerToken, OwnerToken, PathsToken } from "../../core/contract/index.ts";
import type { StoreNatsConfig } from "./config.generated.ts";
import { NatsStore } from "./nats-store.ts";

/** Milliseconds: a word of a host comes every two seconds, and one may be late. */
const leastSilence = 3_000;

export default definePlugin<StoreNatsConfig>()({
  inject: { clock: ClockToken, log: LoggerToken, owner: OwnerToken, paths: PathsToken },
  check: (config) => {
    const issues = [];
    if (config.silence < leastSilence) {
      issues.push({ path: "/silence", message: "it is shorter than 3 s", cure: "Set 3 s or more." });
    }
    if ((config.user === undefined) !== (config.password === undefined)) {
      issues.push({ path: "/user", message: "`user` and `password` go together", cure: "Set both or none." });
    }
    if ((config.tls?.cert === undefined) !== (config.tls?.key === undefined)) {
      issues.push({ path: "/tls", message: "`cert` and `key` go together", cure: "Set both or none." });
    }
    return issues;
  },
  create: ({ config, clock, log, owner, paths }) => new NatsStore({ config, clock, log, owner, folder: paths.profile }),
});
