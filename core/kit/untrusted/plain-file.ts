import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { plural } from "../text/plural.ts";

/** Bytes of a profile, a manifest or a source of a plugin: none that a person wrote comes near. */
const largest = 16 * 1024 * 1024;

const small = 64 * 1024;
/** Nearly every file is small, and nothing else happens while one is read: they are all read into this, and copied. */
const scratch = Buffer.allocUnsafeSlow(small + 1);

/**
 * The bytes of a file that somebody else named or made. A pipe would hold whoever opens it for ever, a device would
 * fill the memory: the file is opened without waiting and then asked what it is. No more than `most` is read.
 * @throws Error that says why, for the end of a sentence such as `own.yaml cannot be read: ...`
 */
export function readPlainFile(path: string, most = largest): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw new Error(status.isDirectory() ? "it is a folder" : "it is no plain file");
    return readDescriptor(file, status, most);
  } finally {
    closeSync(file);
  }
}

/** What an open plain file holds. @throws Error as `readPlainFile` does, where that is more than `most` */
export function readDescriptor(file: number, status: Stats, most: number): Buffer {
  if (status.size > most) throw new Error(`it has ${plural(status.size, "byte")}, and at most ${most} are read`);
  // One more than it has. So a file that grows meanwhile is noticed. Files of the kernel, whose size is 0, are read.
  const wanted = Math.min(most, Math.max(status.size, small)) + 1;
  const content = wanted <= scratch.length ? scratch.subarray(0, wanted) : Buffer.allocUnsafe(wanted);
  let length = 0;
  while (length < content.length) {
    const read = readSync(file, content, length, content.length - length, null);
    if (read === 0)
      return wanted <= scratch.length ? Buffer.from(content.subarray(0, length)) : content.subarray(0, length);
    length += read;
  }
  throw new Error(`it has more than ${plural(length - 1, "byte")}, or grows while it is read`);
}
