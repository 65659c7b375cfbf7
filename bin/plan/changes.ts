import type { ProfileChange, ProfileCheck, ProfileOutcome } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { plural } from "../output/style.ts";

const marks = { add: "+", drop: "-", restart: "~", live: "~", host: "!" } as const;
const does = {
  add: "is added",
  drop: "goes",
  restart: "is replaced by another",
  live: "takes new options as it runs",
  host: "takes a restart of the host",
} as const;

/**
 * `+ add`, `~ change`, `- drop`, `! restart of the host`, one line each, and what stays in one line: all that a profile
 * means for a running host.
 */
export function changesText({ changes }: ProfileCheck, instances: readonly string[]): string {
  const touched = new Set(changes.map(({ instance }) => instance));
  const kept = instances.filter((id) => !touched.has(id));
  const lines = changes.map(({ instance, action, options }) => {
    const what = options.length === 0 ? "" : `: ${options.join(", ")}`;
    return `${marks[action]} ${printable(instance)} ${does[action]}${printable(what)}\n`;
  });
  const same = kept.length === 0 ? "" : `= ${kept.map(printable).join(", ")}\n`;
  return `${lines.join("")}${same}`;
}

/** `applied: 1 added, 2 changed`, `rejected: 1 problem`. */
export function outcomeLine({ status, changes, problems }: ProfileOutcome): string {
  if (status !== "applied") return `${status}: ${plural(problems.length, "problem")}; everything is as it was`;
  const count = (...actions: ProfileChange["action"][]) =>
    changes.filter(({ action }) => actions.includes(action)).length;
  const parts = [
    [count("add"), "added"],
    [count("live", "restart"), "changed"],
    [count("drop"), "dropped"],
    [count("host"), "wait for a restart of the host"],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return `applied: ${said.length === 0 ? "nothing has changed" : said.join(", ")}`;
}
