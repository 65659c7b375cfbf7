import { createHmac } from "node:crypto";
import type { SinkEntry } from "../../core/contract/index.ts";
import { cutText } from "../../core/kit/index.ts";
import type { WebhookConfig } from "./config.generated.ts";

/** What one request says. */
export interface WebhookMessage {
  /** The same each time that it is sent, so that a server knows what it has had. */
  readonly id: string;
  readonly body: string;
}

/** Characters of a text that somebody else wrote: a message is bounded, whatever a program does. */
const longest = { reason: 1_000, code: 8_000 };

/** Undefined for what nobody wants to be told. */
export function messageOf(entry: SinkEntry, wanted: WebhookConfig["events"]): WebhookMessage | undefined {
  if (!("seq" in entry)) return undefined;
  const { run, seq, time, source } = entry;
  const message = (kind: WebhookConfig["events"][number], type: string, data: object) =>
    wanted.includes(kind)
      ? { id: `${run}.${seq}`, body: JSON.stringify({ type, time, data: { run, ...data } }) }
      : undefined;
  if (entry.type === "run-end") {
    const { status, exitCode, reason, usage, cost } = entry.data;
    const why = reason === undefined ? {} : { reason: cutText(reason, longest.reason) };
    const data = { status, exitCode, ...why, usage, cost };
    const isWell = status === "ok" || status === "cancelled";
    return isWell ? message("end", "run.ended", data) : message("failure", "run.failed", data);
  }
  if (entry.type !== "approval-request") return undefined;
  const { message: text, code, language, until } = entry.data;
  const asked = code === undefined ? {} : { code: cutText(code, longest.code), language };
  return message("approval", "approval.requested", { source, message: cutText(text, longest.reason), ...asked, until });
}

/** Headers of Standard Webhooks 1: the signature is over id, time and body, so that none of them can be changed. */
export function signedHeaders({ id, body }: WebhookMessage, secret: string, now: number): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000));
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : secret;
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "sluicebox",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}
