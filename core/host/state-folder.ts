import { SluiceError } from "../contract/errors.ts";
import { fileFault } from "../kit/file-fault.ts";

const notWritable = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR"]);

/** Does what writes to the state folder. @throws SluiceError SLUICE_HOME_NOT_WRITABLE in place of the system's error */
export function writingState<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    // A folder cannot be made where a file has its name, or where the system makes none, as below /proc.
    const inTheWay = syscall === "mkdir" && (code === "EEXIST" || code === "ENOENT");
    if (code === undefined || !(notWritable.has(code) || inTheWay)) throw error;
    throw new SluiceError("SLUICE_HOME_NOT_WRITABLE", `${folder} cannot be written: ${fileFault(error)}`, {
      cause: error,
    });
  }
}
