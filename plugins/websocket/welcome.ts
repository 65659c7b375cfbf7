import { protocol } from "./config.ts";
import type { OutgoingFrame } from "./outbox.ts";
import type { Peer, TransportContext } from "./peer.ts";

export function welcome({ config, boot }: TransportContext, peer: Peer, id: string | undefined): OutgoingFrame {
  const { host } = peer;
  const { runs, frames, sessions } = config.limits;
  return {
    t: "welcome",
    ...(id === undefined ? {} : { re: id }),
    server: { name: "sluicebox", version: host.info.version, host: host.info.host, boot },
    session: peer.connection,
    role: peer.grant.role,
    limits: {
      frame: protocol.frame,
      window: protocol.window,
      windowBytes: protocol.windowBytes,
      ackEvents: protocol.ackEvents,
      ackBytes: protocol.ackBytes,
      runs,
      frames,
      sessions,
    },
    heartbeat: config.heartbeat,
    schema: protocol.schema,
    flows: host.flows.map(({ name, takes, instances }) => ({ name, takes, instances: [...instances] })),
    models: host.models.list().map(({ id: model, plugin, model: name, status }) => ({
      id: model,
      plugin,
      model: name,
      status,
    })),
  };
}
