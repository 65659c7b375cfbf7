import { randomBytes } from "node:crypto";
import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../kit/make-folder.ts";
import { writingState } from "./state-folder.ts";

/** Characters; what is shorter is no token of ours. */
const shortest = 32;

/**
 * The bearer token of this user's hosts: made once and kept in a file that only its owner may read. So clients can come
 * back after a restart.
 */
export function hostToken(stateFolder: string): string {
  const token = readToken(stateFolder);
  if (token === undefined) return rotateToken(stateFolder);
  const file = tokenFile(stateFolder);
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  return token;
}

/** What the file says; undefined where there is none, or no whole one. */
export function readToken(stateFolder: string): string | undefined {
  try {
    const token = readFileSync(tokenFile(stateFolder), "utf8").trim();
    return token.length >= shortest ? token : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a new one in place of whatever there was. The file is never there without its whole content. */
export function rotateToken(stateFolder: string): string {
  const file = tokenFile(stateFolder);
  return writingState(stateFolder, () => {
    makeFolder(stateFolder, 0o700);
    const token = randomBytes(32).toString("base64url");
    const draft = `${file}.${process.pid}.draft`;
    // Made anew: a file or a link of that name, whoever put it there, is never written into.
    rmSync(draft, { force: true });
    writeFileSync(draft, `${token}\n`, { mode: 0o600, flag: "wx" });
    chmodSync(draft, 0o600);
    renameSync(draft, file);
    return token;
  });
}

export function tokenFile(stateFolder: string): string {
  return join(stateFolder, "token");
}
