import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TrustStore } from "../../../core/host/trust-store.ts";
import { Reserve } from "../../../plugins/store-sqlite/reserve.ts";

let folder: string;
let victim: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-planted-"));
  victim = join(folder, "victim.txt");
  writeFileSync(victim, "mine", { mode: 0o644 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a link that somebody planted", () => {
  it("should not lead the room on the disk into another file", () => {
    const path = join(folder, "journal.db-reserve");
    symlinkSync(victim, path);
    const reserve = new Reserve(path);
    reserve.fill();
    expect(readFileSync(victim, "utf8")).toBe("mine");
    expect(statSync(path).size).toBe(256 * 1024);
    expect([reserve.release(), reserve.release()]).toEqual([true, false]);
  });

  it("should not lead the list of trusted profiles into another file", () => {
    symlinkSync(victim, join(folder, `trust.json.${process.pid}.draft`));
    const store = new TrustStore(folder);
    store.add("/profile.yaml", "digest");
    expect(readFileSync(victim, "utf8")).toBe("mine");
    expect(statSync(victim).mode & 0o777).toBe(0o644);
    expect(store.has("digest")).toBe(true);
  });
});
