import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place, profile } from "./cli-kit.ts";

const mebibyte = 1024 * 1024;
const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");
const hashOf = (name: string) => `import hashlib; print(hashlib.sha256(open('${name}','rb').read()).hexdigest())`;

describe("large files and a host that is up", () => {
  let place: Place;
  const large = randomBytes(5 * mebibyte + 1);
  beforeAll(async () => {
    place = new Place(profile.replace("listen:", "limits: { upload: 8m, download: 8m }, listen:"));
    await place.up();
    place.write("photo.txt", "small");
    place.write("big.bin", large);
    place.write("huge.bin", Buffer.alloc(9 * mebibyte));
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should bring a binary file of 5 MB into the sandbox, unchanged", async () => {
    const run = await place.run(["run", "--put", "big.bin", "--put", "photo.txt", "-e", hashOf("big.bin")]);
    expect(run).toMatchObject({ stdout: `${sha256(large)}\n`, stderr: "", code: 0 });
  });

  it("should bring one back", async () => {
    const make = "import os; c = os.urandom(5 << 20) + b'x'; n = open('made.bin', 'wb').write(c)";
    const code = `${make}; ${hashOf("made.bin")}`;
    const run = await place.run(["run", "--session", "made", "--get", "got", "-e", code]);
    expect(run).toMatchObject({ stderr: "", code: 0 });
    const made = place.read("got/made.bin");
    expect(made).toHaveLength(5 * mebibyte + 1);
    expect(run.stdout).toBe(`${sha256(made)}\n`);
  });

  it("should name one that is beyond the transport's bound, and bring the others back", async () => {
    const code = "for name, size in (('huge', 9), ('fits', 7)): n = open(name, 'wb').write(bytes(size << 20))";
    const run = await place.run(["run", "--session", "huge-made", "--get", "bounded", "-e", code]);
    expect(run.stderr).toContain("huge was not fetched");
    expect(run.stderr).toContain("limits.download");
    expect(place.read("bounded/fits")).toHaveLength(7 * mebibyte);
  });

  it("should refuse by a typed error what is beyond the transport's bound, and run nothing", async () => {
    const run = await place.run(["run", "--session", "huge", "--put", "huge.bin", "-e", "print('ran')"]);
    expect(run.stdout).toBe("");
    expect(run.stderr).toContain("SLUICE_FILE_TOO_LARGE");
    expect(run.stderr).toContain("limits.upload");
    expect(run.code).not.toBe(0);
    expect((await place.run(["runs", "--session", "huge", "--json"])).stdout).toBe("");
  });
});
