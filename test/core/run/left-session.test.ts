import { describe, expect, it } from "vitest";
import { recallLeft } from "../../../core/run/left-session.ts";
import { defaultSessionLimits, SessionRegistry } from "../../../core/run/sessions.ts";
import { FakeClock } from "../../../core/testing/index.ts";

const none = () => {
  throw new Error("no sandbox is opened");
};

async function recalled(owner: string | undefined, asker: string | undefined): Promise<string> {
  const own = new SessionRegistry(none, new FakeClock(), defaultSessionLimits);
  const left = { spoken: null, files: [], ...(owner === undefined ? {} : { owner }) };
  const refused = await recallLeft(own, "s", left, asker).catch((error: { code: string }) => error);
  return refused === undefined ? "given" : refused.code;
}

describe("a session that a host has left", () => {
  it.each([
    ["wire:ann/one", "wire:ann/two", "given"],
    ["wire:ann", "wire:ben", "SLUICE_WIRE_FORBIDDEN"],
    ["wire:ann", "page:ann", "SLUICE_WIRE_FORBIDDEN"],
    ["wire:ann", undefined, "SLUICE_WIRE_FORBIDDEN"],
    // What nobody owns was made by a program that holds a host, and is no client's.
    [undefined, "wire:ann", "SLUICE_WIRE_FORBIDDEN"],
    [undefined, undefined, "given"],
  ])("of %s should be, for %s, %s", async (owner, asker, answer) => {
    expect(await recalled(owner, asker)).toBe(answer);
  });
});
