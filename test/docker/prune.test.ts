import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import Docker from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseAddress } from "../../plugins/docker-sandbox/engine/address.ts";
import { Engine } from "../../plugins/docker-sandbox/engine/engine.ts";
import { pruneImages } from "../../plugins/docker-sandbox/image-build/prune.ts";
import { tar } from "../../plugins/docker-sandbox/image-build/tar.ts";

const docker = new Docker();
const engine = new Engine(parseAddress({}));
const never = new AbortController().signal;
const repository = `sluicebox-sandbox-on-prune-${randomUUID().slice(0, 8)}`;
const ours = ["current", "older", "used"].map((tag) => `${repository}:${tag}`);
const foreign = `${repository}:foreign`;
const beside = `${repository}-beside:older`;
let container: string;

const there = async (image: string) =>
  docker
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );

async function build(tag: string, labels: Record<string, string>): Promise<void> {
  const dockerfile = `FROM scratch\nCOPY Dockerfile /${tag.replace(/\W/g, "-")}\nCMD ["none"]\n`;
  const archive = tar([{ path: "Dockerfile", content: Buffer.from(dockerfile) }]);
  const stream = await docker.buildImage(Readable.from([archive]), { t: tag, labels });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

beforeAll(async () => {
  for (const tag of [...ours, beside]) await build(tag, { "sluicebox.image": "1" });
  await build(foreign, {});
  container = (await docker.createContainer({ Image: `${repository}:used` })).id;
});

afterAll(async () => {
  await docker.getContainer(container).remove({ force: true });
  for (const tag of [...ours, beside, foreign]) {
    if (await there(tag)) await docker.getImage(tag).remove({ force: true });
  }
  engine.close();
});

it("should keep what is young, and remove only older tags of our own that no container has", async () => {
  const current = `${repository}:current`;
  expect(await pruneImages(engine, current, never)).toEqual([]);
  expect(await pruneImages(engine, current, never, -60_000)).toEqual([`${repository}:older`]);
  expect(await there(`${repository}:older`)).toBe(false);
  for (const tag of [current, `${repository}:used`, foreign, beside]) expect(await there(tag), tag).toBe(true);
});
