import { randomFillSync } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
/** Chance for a hundred ids: each time that the system is asked for some costs as much as a run's other beginnings. */
const chance = new Uint8Array(1000);
const chancePerId = 10;
let used = chance.length;
let lastTime = 0;

/** An id that sorts by time: nine characters of milliseconds and ten of chance, in Crockford's base 32, lower case. */
export function createId(prefix: string): string {
  // Two ids of one millisecond keep their order: the clock is taken to have moved on.
  lastTime = Math.max(Date.now(), lastTime + 1);
  let time = lastTime;
  let head = "";
  for (let index = 0; index < 9; index += 1) {
    head = alphabet[time % 32] + head;
    time = Math.floor(time / 32);
  }
  let tail = "";
  if (used === chance.length) {
    randomFillSync(chance);
    used = 0;
  }
  for (const end = used + chancePerId; used < end; used += 1) tail += alphabet[(chance[used] ?? 0) % 32];
  return `${prefix}_${head}${tail}`;
}
