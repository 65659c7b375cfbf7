import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { events, Place, profile } from "./cli-kit.ts";

const sha256 = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");

/** A program whose last value is a picture of so many bytes, all of them known. */
const draw = (bytes: number) => `
class Picture:
    def _repr_png_(self):
        return b"\\x89PNG\\r\\n\\x1a\\n" + bytes(i * i % 251 for i in range(${bytes} - 8))
Picture()`;
const drawn = (bytes: number) => {
  const rest = Buffer.from(Array.from({ length: bytes - 8 }, (_, i) => (i * i) % 251));
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), rest]);
};

describe("one event that is larger than a frame, and a host that is up", () => {
  let place: Place;
  beforeAll(async () => {
    place = new Place(profile);
    await place.up();
  });
  afterAll(() => place[Symbol.asyncDispose]());

  /** The value of a run that ended well, with every event there once and in order. */
  async function lastValue(code: string, mime: string): Promise<string | undefined> {
    const run = await place.run(["run", "--json", "--timeout", "60s", "-e", code]);
    const seen = events(run.stdout);
    expect([run.code, run.stderr, seen.at(-1)?.type]).toEqual([0, "", "run-end"]);
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    const values = seen.filter(({ type }) => type === "exec-result");
    return (values[0]?.data["data"] as Record<string, string> | undefined)?.[mime];
  }

  it.each([1_048_576, 1_100_000, 2_100_000, 3_150_000])(
    "should end where its value is a text of %i letters",
    async (size) => {
      expect(sha256((await lastValue(`"x"*${size}`, "text/plain")) ?? "")).toBe(sha256(`'${"x".repeat(size)}'`));
      expect(await place.run(["run", "--timeout", "60s", "-e", `"x"*${size}`])).toMatchObject({
        code: 0,
        stdout: "",
        stderr: "",
      });
    },
  );

  it.each([1_100_000, 2_100_000, 3_150_000])("should end where %i letters are printed at once", async (size) => {
    const run = await place.run(["run", "--timeout", "60s", "-e", `print("é" * ${size})`]);
    expect([run.code, run.stderr]).toEqual([0, ""]);
    expect(sha256(run.stdout)).toBe(sha256(`${"é".repeat(size)}\n`));
  });

  it.each([800_000, 1_200_000, 1_600_000, 2_400_000])(
    "should end where its value is a picture of %i bytes",
    async (size) => {
      const base64 = (await lastValue(draw(size), "image/png")) ?? "";
      expect(sha256(Buffer.from(base64, "base64"))).toBe(sha256(drawn(size)));
    },
  );
});
