/** One thing wrong with a profile. Lines and columns from 1; places are absent where no text exists. */
export interface Problem {
  /** A notice is no fault: it tells of what was not looked at. */
  readonly severity: "error" | "warning" | "notice";
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  /** What was probably meant, such as `memory`. */
  readonly suggestion?: string;
  readonly cure: string;
}
