import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SluiceError } from "../../../core/contract/index.ts";
import { ask, collect } from "../../core/kit/upstream/upstream.ts";
import { Cases, type Respond, send } from "./answers-kit.ts";
import { accounts, type Failure, shaped } from "./error-bodies.ts";
import { limits } from "./error-limits.ts";
import { bodyOf, type Interface, interfaces } from "./interfaces.ts";

let cases: Cases;
beforeAll(async () => {
  cases = await Cases.start();
});
afterAll(() => cases[Symbol.asyncDispose]());

const failures = [...accounts, ...limits];
const key = "sk-planted-key-0123456789";

/** Each failure goes over one of the interfaces, in turn. */
const rows = [...shaped, ...failures].map(
  (failure, index) => [failure.who, interfaces[index % interfaces.length] as Interface, failure] as const,
);
const named = rows.map(([who, each, failure]) => [who, each.name, each, failure] as const);

async function errorOf(each: Interface, respond: Respond): Promise<SluiceError | undefined> {
  const { model } = cases.model(each, [respond]);
  return (await collect(model, ask("Hello"))).error as SluiceError | undefined;
}

function written(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

function check(error: SluiceError | undefined, failure: Failure, status: string | undefined): void {
  expect(error).toMatchObject({ code: `SLUICE_MODEL_${failure.code}` });
  expect(error?.message).toContain(failure.words);
  if (status !== undefined) expect(error?.message).toContain(status);
  if (failure.retryable !== undefined) expect(error?.retryable).toBe(failure.retryable);
}

describe("a failure of a provider", () => {
  it.each(named)("should be told by its class and in its words: %s, over %s", async (_who, _name, each, failure) => {
    const error = await errorOf(each, (response) => {
      const type = written(failure.body).startsWith("<") ? "text/html" : "application/json";
      response.writeHead(failure.status, { "content-type": type, ...failure.headers }).end(written(failure.body));
    });
    check(error, failure, `HTTP ${failure.status}`);
    if (failure.retryAfter !== undefined) expect(error?.retryAfter).toBe(failure.retryAfter);
  });

  const objects = named.filter(([, , , { body }]) => typeof body === "object");

  it.each(objects)("should be told under HTTP 200: %s, over %s", async (_who, _name, each, failure) => {
    const error = await errorOf(each, send(each, written(failure.body), "application/json"));
    expect(error?.message).toContain(failure.words);
    expect(error?.code).toMatch(/^SLUICE_MODEL_/);
  });

  const told = failures.filter(({ body }) => Object.hasOwn(body as object, "error"));
  const streamed = interfaces.flatMap((each) =>
    told.map((failure) => [failure.who, each.name, each, failure] as const),
  );

  it.each(streamed)("should be told in a stream: %s, over %s", async (_who, _name, each, failure) => {
    const begun = each.begin([{ text: "Well" }]);
    const error = await errorOf(each, send(each, bodyOf(each, [...begun, failure.body as object], false)));
    expect(error?.message).toContain(failure.words);
    if (failure.code === "CONTEXT" || failure.code === "AUTH") check(error, failure, undefined);
  });

  it.each(interfaces.map((each) => [each.name, each] as const))("should show no key: %s", async (_name, each) => {
    for (const body of [{ error: { message: `bad ${key}`, code: key } }, `bad ${key}`, `<title>${key}</title>`]) {
      const error = await errorOf(each, (response) => void response.writeHead(400).end(written(body)));
      expect(JSON.stringify(error?.toBody())).not.toContain("planted");
    }
  });
});
