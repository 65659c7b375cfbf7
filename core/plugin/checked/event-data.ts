import { certainlyFits } from "../../config/schema/quick-check.ts";
import type { EventType, HostEvent } from "../../contract/event.ts";
import type { ExecEvent } from "../../contract/sandbox.ts";
import { eventSchema } from "../../kit/events/event-schema.ts";
import { isJsonObject } from "../../kit/untrusted/index.ts";
import { compileSchema } from "../../kit/untrusted/validator.ts";
import { brokenContract, kindOf, type Party } from "./fault.ts";

/** All of them, as the compiler sees to. */
const known: Readonly<Record<EventType, true>> = {
  ...{ "run-start": true, "run-end": true, "branch-start": true, "branch-end": true, rewind: true, gap: true },
  ...{ "model-start": true, "text-start": true, "text-delta": true, "text-end": true, "reasoning-delta": true },
  ...{ "code-start": true, "code-delta": true, "code-end": true, "model-end": true, error: true },
  ...{ "exec-start": true, "exec-stdout": true, "exec-stderr": true, "exec-result": true, "exec-file": true },
  ...{ "exec-end": true, "input-request": true, "input-response": true },
  ...{ "approval-request": true, "approval-response": true },
};

const knownOfHost: Readonly<Record<HostEvent["type"], true>> = {
  ...{ log: true, "plugin-status": true, "plugin-metric": true, "sandbox-status": true },
  ...{ "connection-status": true, "config-changed": true, audit: true, "dead-letter": true },
};

export const eventTypes = Object.keys(known) as readonly EventType[];
export const hostEventTypes = Object.keys(knownOfHost) as readonly HostEvent["type"][];

export function isEventType(type: unknown): type is EventType {
  return typeof type === "string" && Object.hasOwn(known, type);
}

const execTypes: ReadonlySet<unknown> = new Set<ExecEvent["type"]>([
  "exec-start",
  "exec-stdout",
  "exec-stderr",
  "exec-result",
  "exec-file",
  "exec-end",
  "input-request",
]);

/**
 * Holds an event's data to its schema. Output is looked at by hand: there is so much of it that a schema would be felt.
 * @throws SluiceError SLUICE_PLUGIN_FAULT
 */
export function demandEventData(party: Party, step: string, type: EventType, data: unknown): void {
  if (type === "exec-stdout" || type === "exec-stderr") {
    if (isOutput(data)) return;
    throw brokenContract(
      party,
      step,
      `emitted an event ${type} that is not text or base64 with the offset of its first byte`,
    );
  } else if (type === "text-delta" || type === "reasoning-delta") {
    if (isJsonObject(data) && typeof data["text"] === "string") return;
  }
  const schema = eventSchema(type);
  if (schema === undefined || certainlyFits(schema, data)) return;
  const [issue] = compileSchema(schema)(data);
  if (issue === undefined) return;
  const where = issue.path === "" ? "" : ` at ${issue.path}`;
  throw brokenContract(party, step, `emitted an event ${type} that its schema refuses: it ${issue.message}${where}`);
}

/** @throws SluiceError SLUICE_PLUGIN_FAULT */
export function demandExecEvent(party: Party, step: string, event: unknown): asserts event is ExecEvent {
  if (!isJsonObject(event)) throw brokenContract(party, step, `emitted ${kindOf(event)}, and not an event`);
  const { type } = event;
  if (!execTypes.has(type)) throw brokenContract(party, step, `emitted an event of type ${printed(type)}`);
  demandEventData(party, step, type as EventType, event["data"]);
}

/** A type as it may stand in a message: whatever it is, short. */
export function printed(type: unknown): string {
  return typeof type === "string" ? JSON.stringify(type.slice(0, 60)) : kindOf(type);
}

function isOutput(data: unknown): boolean {
  if (!isJsonObject(data)) return false;
  const { text, base64, offset } = data;
  const one = (typeof text === "string") !== (typeof base64 === "string");
  return one && Number.isInteger(offset) && (offset as number) >= 0;
}
