import { ClockToken, type ConfigIssue, definePlugin } from "../../core/contract/index.ts";
import { ReachRules } from "../../core/kit/index.ts";
import type { WebhookConfig } from "./config.generated.ts";
import { WebhookSink } from "./webhook-sink.ts";

export default definePlugin<WebhookConfig>()({
  inject: { clock: ClockToken },
  check: ({ url, private: own }) => [...addressIssues(url, own), ...own.flatMap(privateIssues)],
  create: ({ config, clock }) => new WebhookSink(config, clock),
});

function addressIssues(url: string, own: readonly string[]): ConfigIssue[] {
  if (!URL.canParse(url)) return [{ path: "/url", message: "it is no address", cure: "Write https://HOST/PATH." }];
  if (url.startsWith("https:") || own.length > 0) return [];
  const cure = "Write https:, or list the private address that it leads to under `private`.";
  return [{ path: "/url", message: "http: tells everybody on the way what runs", cure }];
}

function privateIssues(entry: string, index: number): ConfigIssue[] {
  try {
    new ReachRules([entry], "private");
    return [];
  } catch (error) {
    const cure = "Write an address or a CIDR block, such as 10.1.0.0/16 or 127.0.0.1:9000.";
    return [{ path: `/private/${index}`, message: (error as Error).message, cure }];
  }
}
