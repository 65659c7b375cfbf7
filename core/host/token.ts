import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The bearer token of this user's hosts: made once, kept in a file that only its owner may read, so that clients which
 * come back after a restart are still welcome.
 */
export function hostToken(stateFolder: string): string {
  const file = join(stateFolder, "token");
  try {
    const token = readFileSync(file, "utf8").trim();
    if (token.length >= 32) {
      chmodSync(file, 0o600);
      return token;
    }
  } catch {
    // There is none yet.
  }
  return rotateToken(stateFolder);
}

/** Makes a new one in place of whatever there was. The file is never there without its whole content. */
export function rotateToken(stateFolder: string): string {
  const file = join(stateFolder, "token");
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const token = randomBytes(32).toString("base64url");
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, `${token}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
  return token;
}
