import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../../core/contract/index.ts";
import { Breaker } from "../../../../core/kit/upstream/breaker.ts";
import { pauseBefore } from "../../../../core/kit/upstream/retry.ts";
import { readRetryAfter } from "../../../../core/kit/upstream/upstream-error.ts";
import { mask } from "../../../../core/kit/upstream/upstream-failure.ts";
import { AnswerWatchdog } from "../../../../core/kit/upstream/watchdog.ts";
import { FakeClock } from "../../../../core/testing/fake-clock.ts";

const overloaded = new SluiceError("SLUICE_MODEL_OVERLOADED", "busy");
const policy = { attempts: 4, backoff: 100, longest: 1_000 };

describe("the pause before another attempt", () => {
  it("should double, lose a random part, and be bounded", () => {
    const pauses = [2, 3, 4].map((next) => pauseBefore(next, overloaded, policy, 60_000, () => 0));
    expect(pauses).toEqual([100, 200, 400]);
    expect(pauseBefore(2, overloaded, policy, 60_000, () => 1)).toBe(50);
    expect(pauseBefore(4, overloaded, { ...policy, longest: 250 }, 60_000, () => 0)).toBe(250);
  });

  it("should end after the attempts allowed, for errors that stay, and where time is short", () => {
    expect(pauseBefore(5, overloaded, policy, 60_000)).toBeUndefined();
    expect(pauseBefore(2, new SluiceError("SLUICE_MODEL_AUTH", "no"), policy, 60_000)).toBeUndefined();
    expect(pauseBefore(2, overloaded, policy, 10)).toBeUndefined();
  });

  it("should be at least what the provider asks for, and not begin when that is too long", () => {
    const asked = (retryAfter: number) => new SluiceError("SLUICE_MODEL_RATE_LIMIT", "slow", { retryAfter });
    expect(pauseBefore(2, asked(900), policy, 60_000, () => 0)).toBe(900);
    expect(pauseBefore(2, asked(900), policy, 60_000, () => 1)).toBeGreaterThan(900);
    expect(pauseBefore(2, asked(1_001), policy, 60_000)).toBeUndefined();
  });
});

describe("Retry-After", () => {
  it.each([
    [{ "retry-after": "2" }, 2_000],
    [{ "retry-after": "1.5" }, 1_500],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
    [{ "retry-after": "Thu, 01 Jan 1970 00:00:10 GMT" }, 9_000],
    [{ "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-1" }, undefined],
    [{}, undefined],
  ])("should read %j as %s ms", (headers, milliseconds) => {
    expect(readRetryAfter(headers as Record<string, string>, 1_000)).toBe(milliseconds);
  });
});

describe("the watchdog", () => {
  const timeouts = { connect: 0, firstToken: 60_000, idle: 30_000, total: 600_000 };

  function guard(changes: Partial<typeof timeouts> = {}) {
    const clock = new FakeClock();
    const watchdog = new AnswerWatchdog(clock, { ...timeouts, ...changes }, "gpt", clock.now());
    const errors: SluiceError[] = [];
    void watchdog.watch((error) => errors.push(error));
    return { clock, watchdog, errors };
  }

  it("should wait for the first token exactly as long as allowed", async () => {
    const { clock, errors } = guard();
    await clock.advance(59_999);
    expect(errors).toEqual([]);
    await clock.advance(1);
    expect(errors).toMatchObject([{ code: "SLUICE_MODEL_TIMEOUT", message: expect.stringContaining("firstToken") }]);
  });

  it("should wait between tokens exactly as long as allowed, from the last one", async () => {
    const { clock, watchdog, errors } = guard();
    await clock.advance(1_000);
    watchdog.token();
    await clock.advance(29_999);
    watchdog.token();
    await clock.advance(29_999);
    expect(errors).toEqual([]);
    await clock.advance(1);
    expect(errors).toMatchObject([{ message: expect.stringContaining("idle") }]);
  });

  it("should end a stream of tokens that takes too long", async () => {
    const { clock, watchdog, errors } = guard({ total: 50_000 });
    for (let second = 0; second < 50; second += 1) {
      watchdog.token();
      await clock.advance(1_000);
    }
    expect(errors).toMatchObject([{ message: expect.stringContaining("total") }]);
  });

  it("should leave no sleeper when it is stopped", async () => {
    const { clock, watchdog, errors } = guard();
    watchdog.stop();
    await clock.advance(600_000);
    expect(errors).toEqual([]);
    expect(clock.sleeping).toBe(0);
  });
});

describe("the breaker", () => {
  function breaker(failures = 2) {
    const clock = new FakeClock();
    return { clock, breaker: new Breaker(clock, { failures, pause: 1_000 }, "gpt") };
  }

  it("should count failures of reachability in a row, and nothing else", () => {
    const { breaker: subject } = breaker();
    subject.admit().failed(overloaded);
    subject.admit().ok();
    subject.admit().failed(overloaded);
    subject.admit().failed(new SluiceError("SLUICE_MODEL_AUTH", "no"));
    subject.admit().failed(overloaded);
    expect(() => subject.admit().abandoned()).not.toThrow();
    subject.admit().failed(overloaded);
    expect(() => subject.admit()).toThrow(/left alone/);
  });

  it("should let one request through after the pause, and open again when it fails", async () => {
    const { clock, breaker: subject } = breaker(1);
    subject.admit().failed(overloaded);
    await clock.advance(1_000);
    const trial = subject.admit();
    expect(() => subject.admit()).toThrow(/left alone/);
    trial.failed(overloaded);
    await clock.advance(999);
    expect(() => subject.admit()).toThrow();
    await clock.advance(1);
    subject.admit().ok();
    subject.admit().abandoned();
    subject.admit().abandoned();
  });

  it("should let the next one try when the one that tried was abandoned", async () => {
    const { clock, breaker: subject } = breaker(1);
    subject.admit().failed(overloaded);
    await clock.advance(1_000);
    subject.admit().abandoned();
    expect(() => subject.admit().ok()).not.toThrow();
  });

  it("should never open with 0", () => {
    const { breaker: subject } = breaker(0);
    for (let turn = 0; turn < 20; turn += 1) subject.admit().failed(overloaded);
    expect(() => subject.admit()).not.toThrow();
  });
});

describe("masking", () => {
  it("should take out keys, whole, in part and as headers", () => {
    expect(mask("key my-own-secret refused", ["my-own-secret"])).toBe("key *** refused");
    expect(mask("Incorrect API key provided: sk-proj*************abcd.", [])).toBe("Incorrect API key provided: ***.");
    expect(mask("sent Authorization: Bearer abc.def", [])).toBe("sent Authorization: ***");
    expect(mask("nothing of interest", ["", "of"])).toBe("nothing of interest");
  });
});
