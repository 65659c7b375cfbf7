/** One thing that was looked at. */
export interface Mark {
  readonly status: "ok" | "problem" | "notice";
  readonly what: string;
  /** What is wrong, and where. Absent for what is as it should be. */
  readonly detail?: string;
  readonly cure?: string;
}

export const good = (what: string): Mark => ({ status: "ok", what });
export const problem = (what: string, detail: string, cure: string): Mark => ({
  status: "problem",
  what,
  detail,
  cure,
});
export const notice = (what: string, detail: string, cure: string): Mark => ({ status: "notice", what, detail, cure });
