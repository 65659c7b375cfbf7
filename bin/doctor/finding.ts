import type { Finding } from "../../core/contract/index.ts";

export const ok = (name: string, detail: string): Finding => ({ name, status: "ok", detail });
export const warn = (name: string, detail: string, cure: string): Finding => ({ name, status: "warn", detail, cure });
export const fail = (name: string, detail: string, cure: string): Finding => ({ name, status: "fail", detail, cure });

/** What a finding about an instance is called: its kind and its id, or one word where they are the same. */
export const called = (kind: string, id: string): string => (kind === id ? id : `${kind} ${id}`);
