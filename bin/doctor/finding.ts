import type { Finding } from "../../core/contract/index.ts";

export const ok = (name: string, detail: string): Finding => ({ name, status: "ok", detail });
export const warn = (name: string, detail: string, cure: string): Finding => ({ name, status: "warn", detail, cure });
export const fail = (name: string, detail: string, cure: string): Finding => ({ name, status: "fail", detail, cure });
