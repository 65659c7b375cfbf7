import { randomBytes } from "node:crypto";
import { type Sandbox, SluiceError } from "../../core/index.ts";
import { escapes } from "./escapes.ts";
import type { Case, Ground } from "./ground.ts";
import { limits } from "./limits.ts";
import { streams } from "./streams.ts";

export interface Verdict {
  readonly group: Case["group"];
  readonly name: string;
  readonly status: "pass" | "fail" | "skip";
  /** What was seen instead, or why it was not tried. */
  readonly detail?: string;
}

export const cases: readonly Case[] = [...escapes, ...limits, ...streams];

/**
 * Proves one case after the other with a sandbox that has started. Each has a session of its own, so that none stands on
 * what another left.
 */
export async function* verify(
  sandbox: Sandbox,
  config: Ground["config"],
  signal: AbortSignal,
  patience = 10_000,
): AsyncGenerator<Verdict> {
  const mark = `sluice-${randomBytes(6).toString("hex")}`;
  const { title } = process;
  process.env["SLUICE_MARK"] = mark;
  process.title = mark;
  try {
    for (const each of cases) {
      const verdict = await prove(each, { sandbox, config, mark, patience }, signal);
      // What was interrupted has shown nothing.
      if (signal.aborted) return;
      yield verdict;
    }
  } finally {
    process.title = title;
    delete process.env["SLUICE_MARK"];
  }
}

async function prove(
  each: Case,
  where: Pick<Ground, "sandbox" | "config" | "mark" | "patience">,
  signal: AbortSignal,
): Promise<Verdict> {
  const { group, name } = each;
  const open = () => where.sandbox.open({ session: `verify-${randomBytes(4).toString("hex")}`, mode: "cell" }, signal);
  try {
    await using session = await open();
    const ground: Ground = { ...where, session, open };
    const reason = each.skip?.(ground);
    if (reason !== undefined) return { group, name, status: "skip", detail: reason };
    await each.prove(ground);
    return { group, name, status: "pass" };
  } catch (error) {
    const { message } = SluiceError.from(error);
    return { group, name, status: "fail", detail: message };
  }
}
