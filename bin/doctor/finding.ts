/** One thing that was looked at. `warn` is worth knowing and breaks nothing. */
export interface Finding {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do, unless all is well. */
  readonly cure?: string;
}

export const ok = (name: string, detail: string): Finding => ({ name, status: "ok", detail });
export const warn = (name: string, detail: string, cure: string): Finding => ({ name, status: "warn", detail, cure });
export const fail = (name: string, detail: string, cure: string): Finding => ({ name, status: "fail", detail, cure });
