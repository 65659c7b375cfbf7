import { randomInt } from "node:crypto";
import { type DockerSandboxConfig, usersOf } from "../config.ts";

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Numbers that containers of this process have. */
const taken = new Set<number>();
let last: number | undefined;

/**
 * A user for one container. The kernel counts inotify watches, pending signals, messages and processes by user and not
 * by container. Two sessions of one user could use up each other's. Numbers are handed out in turn from a random start,
 * so that two hosts on one machine seldom meet.
 */
export function takeUser(config: DockerSandboxConfig): User {
  if (config.user !== undefined) {
    const [uid = "", gid = uid] = config.user.split(":");
    return { uid: Number(uid), gid: Number(gid) };
  }
  const { first, count } = usersOf(config);
  let uid = last !== undefined && last >= first && last < first + count ? last : first + randomInt(count);
  for (let tries = 0; tries < count; tries += 1) {
    uid = first + ((uid - first + 1) % count);
    if (!taken.has(uid)) break;
  }
  taken.add(uid);
  last = uid;
  return { uid, gid: uid };
}

/** Its container is gone. */
export function releaseUser({ uid }: User): void {
  taken.delete(uid);
}
