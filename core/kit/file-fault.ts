import { getSystemErrorMessage } from "node:util";
import { textOfThrown } from "../contract/errors.ts";

/** What people call it, where the system's own words help nobody. */
const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is no folder",
  EEXIST: "there is one of this name already",
  EACCES: "permission denied",
  ELOOP: "it is a link, or a circle of links",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EMFILE: "too many files are open",
};

/**
 * Why a file could not be read or written, for a message that names the file: Node's own text says its path a second
 * time, beside a number and the name of a system call.
 */
export function fileFault(error: unknown): string {
  const { code, errno, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === undefined || typeof errno !== "number" || syscall === undefined) return textOfThrown(error);
  return words[code] ?? getSystemErrorMessage(errno) ?? textOfThrown(error);
}
