import { type ConfigIssue, definePlugin, HostToken, LoggerToken } from "../../core/contract/index.ts";
import { Http, isLoopback, ReachRules } from "../../core/kit/index.ts";
import type { OpenaiApiConfig } from "./config.generated.ts";
import { OpenaiTransport } from "./openai-transport.ts";

export default definePlugin<OpenaiApiConfig>()({
  inject: { host: HostToken, http: Http, log: LoggerToken },
  check: (config) => [...checkAddress(config), ...checkPictures(config)],
  create: ({ config, host, http, log }) => new OpenaiTransport(config, host, http, log),
});

function checkAddress({ listen, token }: OpenaiApiConfig): ConfigIssue[] {
  if (isLoopback(listen) || token !== undefined) return [];
  const message = `${listen} can be reached from other machines, and no token is set`;
  return [{ path: "/listen", message, cure: "Set token: ${env:NAME}, or listen on 127.0.0.1." }];
}

function checkPictures({ pictures }: OpenaiApiConfig): ConfigIssue[] {
  return pictures.from.flatMap((entry, index) => {
    try {
      new ReachRules([entry], "pictures.from");
      return [];
    } catch (error) {
      const cure = "Write a host, *.a.com, an address or a CIDR block; ports follow after a colon.";
      return [{ path: `/pictures/from/${index}`, message: (error as Error).message, cure }];
    }
  });
}
