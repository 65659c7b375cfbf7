import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { privateFolder, readPrivate, writePrivate } from "../kit/private-files.ts";
import { writingState } from "./state-folder.ts";

/** Characters; what is shorter is no token of ours. */
const shortest = 32;

/**
 * The bearer token of this user's hosts: made once and kept in a file that only its owner may read. So clients can come
 * back after a restart.
 */
export function hostToken(stateFolder: string): string {
  writingState(stateFolder, () => privateFolder(stateFolder));
  return readToken(stateFolder) ?? rotateToken(stateFolder);
}

/** What the file says; undefined where there is none, or no whole one of ours. */
export function readToken(stateFolder: string): string | undefined {
  try {
    const token = readPrivate(tokenFile(stateFolder)).trim();
    return token.length >= shortest ? token : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a new one in place of whatever there was. The file is never there without its whole content. */
export function rotateToken(stateFolder: string): string {
  const file = tokenFile(stateFolder);
  return writingState(stateFolder, () => {
    privateFolder(stateFolder);
    const token = randomBytes(32).toString("base64url");
    writePrivate(file, `${token}\n`);
    return token;
  });
}

export function tokenFile(stateFolder: string): string {
  return join(stateFolder, "token");
}
