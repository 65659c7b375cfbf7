import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one test's state, data and cache, removed when the test's scope ends. */
export function temporaryHome(): Disposable & { readonly path: string; readonly env: Record<string, string> } {
  const path = mkdtempSync(join(tmpdir(), "sluice-test-"));
  return {
    path,
    env: { PATH: process.env["PATH"] ?? "", SLUICE_HOME: path },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
