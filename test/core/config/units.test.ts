import { describe, expect, test } from "vitest";
import {
  coerceUnit,
  fitsUnit,
  parseAddress,
  parseDuration,
  parseSize,
  unitExample,
  unitPatterns,
} from "../../../core/config/schema/units.ts";

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["1.5h", 5_400_000],
    ["5m", 300_000],
    ["7d", 604_800_000],
    ["0s", 0],
  ])("should read %s", (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  test.each(["30", "", "s", "-1s", "1 s", "1S", "1e3s", "1h30m", "30sec"])("should refuse %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("sizes", () => {
  test.each([
    ["100b", 100],
    ["64k", 65_536],
    ["512m", 536_870_912],
    ["50MB", 52_428_800],
    ["1GiB", 1_073_741_824],
    ["1.5g", 1_610_612_736],
    ["2t", 2_199_023_255_552],
  ])("should read %s", (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(["512", "", "m", "-1m", "1 m", "1mm", "1ib", "99999999t"])("should refuse %j", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});

describe("addresses", () => {
  test.each([
    ["127.0.0.1:8000", "127.0.0.1", 8000],
    ["[::1]:0", "[::1]", 0],
    ["example.org:65535", "example.org", 65_535],
  ])("should read %s", (text, host, port) => expect(parseAddress(text)).toEqual({ host, port }));

  test.each(["8000", ":8000", "localhost", "localhost:", "localhost:65536", "a b:1", "::1:80", "http://a:80"])(
    "should refuse %j",
    (text) => expect(parseAddress(text)).toBeUndefined(),
  );

  test("should have one spelling for this machine", () => {
    expect(coerceUnit("address", "LocalHost:80", "/")).toBe("127.0.0.1:80");
  });
});

describe("origins of browsers", () => {
  test.each([
    ["https://example.org", "https://example.org"],
    ["HTTPS://App.Example.ORG:443", "https://app.example.org"],
    ["http://localhost:80", "http://localhost"],
    ["http://localhost:3000", "http://localhost:3000"],
    ["http://[::1]:8080", "http://[::1]:8080"],
    ["https://b\u00fccher.example", "https://xn--bcher-kva.example"],
    ["chrome-extension://abcdef", "chrome-extension://abcdef"],
    ["null", "null"],
  ])("should be written as browsers write them: %s", (text, origin) => {
    expect(coerceUnit("origin", text, "/")).toBe(origin);
  });

  test.each([
    ["*", "https://example.org"],
    ["https://*.example.org", "https://example.org"],
    ["https://example.org/", "https://example.org"],
    ["https://example.org/app?x#y", "https://example.org"],
    ["app.example.org", "https://app.example.org"],
    ["localhost:3000", "http://localhost:3000"],
    ["http://user@example.org", "https://example.org"],
    ["http://example.org:99999", "https://example.org"],
    ["ws://example.org", "https://example.org"],
    ["file:///a", "https://example.org"],
    ["file://", "https://example.org"],
    ["https://", "https://example.org"],
    ["https://a b", "https://example.org"],
    ["", "https://example.org"],
  ])("should refuse %j, and say how to write it", (text, example) => {
    expect(fitsUnit("origin", text)).toBe(false);
    expect(unitExample("origin", text)).toBe(example);
    expect(fitsUnit("origin", unitExample("origin", text))).toBe(true);
  });
});

test("should make paths absolute from the folder given", () => {
  expect(coerceUnit("path", "var/log", "/srv")).toBe("/srv/var/log");
  expect(coerceUnit("path", "/var/log", "/srv")).toBe("/var/log");
  expect(coerceUnit("path", "~/log", "/srv")).toMatch(/^\/.+\/log$/);
  expect(coerceUnit("path", "", "/srv")).toBeUndefined();
});

test("should agree with the patterns that editors are given", () => {
  const samples = ["30s", "30", "1.5h", "512m", "50MB", "1ib", "localhost:80", "[::1]:80", "8000", "", "./a", "1 s"];
  for (const unit of ["duration", "size", "address", "path", "origin"] as const) {
    const pattern = new RegExp(unitPatterns[unit]);
    for (const text of samples) expect([unit, text, pattern.test(text)]).toEqual([unit, text, fitsUnit(unit, text)]);
  }
});

test("should show the unit in the example, around the number that was written", () => {
  expect(unitExample("duration", 45)).toBe("45s");
  expect(unitExample("size", "512")).toBe("512m");
  expect(unitExample("address", 8080)).toBe("127.0.0.1:8080");
  expect(fitsUnit("address", unitExample("address", 99_999))).toBe(true);
});
