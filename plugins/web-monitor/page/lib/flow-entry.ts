/** A flow, as the page offers it. */
export interface FlowEntry {
  readonly name: string;
  readonly takes: "code" | "text";
  readonly instances: readonly string[];
  readonly optionalAbsent: readonly string[];
}

/** Whether something of it is there: an optional instance whose key is missing is not. */
export function isUsable({ instances, optionalAbsent }: FlowEntry): boolean {
  return instances.length > optionalAbsent.length;
}
