import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
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
  for (const byte of randomBytes(10)) tail += alphabet[byte % 32];
  return `${prefix}_${head}${tail}`;
}
