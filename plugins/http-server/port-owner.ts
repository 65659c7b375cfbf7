import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";

/** Rows of /proc/net/tcp in state LISTEN, see proc_net_tcp(5). */
const listening = "0A";

/**
 * Names the process that listens on a port, such as `node (pid 4711)`. Undefined where it cannot be told: on other
 * systems than Linux, and for processes of other users.
 */
export async function portOwner(port: number): Promise<string | undefined> {
  try {
    const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "utf8")));
    const inodes = tables.flatMap((table) => inodesOf(table, port)).map((inode) => `socket:[${inode}]`);
    for (const pid of await readdir("/proc")) {
      if (/^\d+$/.test(pid) && (await holds(pid, inodes))) {
        // Not `comm`: that is the name of the main thread, which a runtime may have changed.
        const [program = ""] = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
        return `${basename(program)} (pid ${pid})`;
      }
    }
  } catch {
    // It only makes a message better: what cannot be read is left out.
  }
  return undefined;
}

function inodesOf(table: string, port: number): readonly string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(wanted) && fields[3] === listening)
    .flatMap((fields) => (fields[9] === undefined ? [] : [fields[9]]));
}

async function holds(pid: string, links: readonly string[]): Promise<boolean> {
  try {
    const folder = `/proc/${pid}/fd`;
    const open = await Promise.all((await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => "")));
    return open.some((link) => links.includes(link));
  } catch {
    return false;
  }
}
