import { hostname } from "node:os";
import { ClockToken, definePlugin, LoggerToken, QueueHostToken, SluiceError } from "../../core/contract/index.ts";
import { lendsClusterLink } from "../../core/kit/index.ts";
import { ClusterQueue } from "./cluster-queue.ts";
import type { QueueNatsConfig } from "./config.generated.ts";

export default definePlugin<QueueNatsConfig>()({
  inject: { clock: ClockToken, log: LoggerToken, host: QueueHostToken },
  create: ({ id, config, clock, log, host, refs }) => {
    const store = refs["store"];
    if (!lendsClusterLink(store)) {
      throw new SluiceError("SLUICE_CONFIG_VALUE", `${id}: \`store\` must be one that hosts share, such as store-nats`);
    }
    const { name = hostname(), capacity, waiting } = config;
    const given = capacity === undefined ? {} : { capacity };
    return new ClusterQueue({ link: store.clusterLink, host, clock, log, name, waiting, ...given });
  },
});
