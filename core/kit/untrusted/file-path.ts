import { SluiceError } from "../../contract/errors.ts";
import type { SandboxFile } from "../../contract/sandbox.ts";
import { cutText } from "../text/cut-text.ts";

/** Bytes, as Linux has them. */
const longestName = 255;
const longestPath = 4000;

/** Refuses what is no path of a file inside a workspace. @throws SluiceError SLUICE_FILE_OUTSIDE, SLUICE_FILE_FAILED */
export function checkFilePath(path: string): void {
  const shown = JSON.stringify(cutText(path, 80));
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..") || path.includes("\0")) {
    throw new SluiceError("SLUICE_FILE_OUTSIDE", `${shown} is not a path inside the workspace`);
  }
  if (Buffer.byteLength(path) > longestPath || parts.some((part) => Buffer.byteLength(part) > longestName)) {
    const message = `${shown} is too long for a path: ${longestName} bytes in a name, ${longestPath} in all`;
    throw new SluiceError("SLUICE_FILE_FAILED", message, { cure: "Give the file a shorter name." });
  }
}

/**
 * Refuses files that cannot all be written, before anything is done with one of them. A program may make names that a
 * client may not give: a backslash is a separator to some who read it, and half a character is none to anybody.
 * @throws SluiceError SLUICE_FILE_OUTSIDE, SLUICE_FILE_FAILED
 */
export function checkFiles(files: readonly Pick<SandboxFile, "path">[]): void {
  for (const { path } of files) {
    checkFilePath(path);
    if (!path.includes("\\") && path.isWellFormed()) continue;
    const message = `${JSON.stringify(cutText(path, 80))} has a backslash or half a character in it`;
    throw new SluiceError("SLUICE_FILE_OUTSIDE", message, { cure: "Write / between folders." });
  }
  const paths = new Set<string>();
  for (const { path } of files) {
    if (paths.has(path)) {
      const message = `${JSON.stringify(cutText(path, 80))} is there twice`;
      throw new SluiceError("SLUICE_FILE_FAILED", message, { cure: "Give one of them another name." });
    }
    paths.add(path);
  }
  for (const path of paths) {
    for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
      if (!paths.has(path.slice(0, at))) continue;
      const message = `${JSON.stringify(cutText(path.slice(0, at), 80))} would be a file and a folder`;
      throw new SluiceError("SLUICE_FILE_FAILED", message, { cure: "Give one of them another name." });
    }
  }
}
