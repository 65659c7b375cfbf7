import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, isPublic, nameOf, ReachRules } from "../../../core/kit/index.ts";
import { proxyVariables } from "../../../plugins/docker-sandbox/network/tunnels.ts";

describe("the rules of an allow-list", () => {
  it("should match names exactly, and wildcards below their name alone", () => {
    const rules = new ReachRules(["a.com", "*.b.com", "BÜCHER.de"], "network.allow");
    for (const name of ["a.com", "x.b.com", "x.y.b.com", "xn--bcher-kva.de"]) {
      expect(rules.allowsName(name, 443), name).toBe(true);
    }
    for (const name of ["x.a.com", "b.com", "evil-b.com", "evilb.com", "a.com.evil.com", "b.com.x", "com", "a-com"]) {
      expect(rules.allowsName(name, 443), name).toBe(false);
    }
  });

  it("should match addresses and blocks, and no name for them", () => {
    const rules = new ReachRules(["1.2.3.4", "10.0.0.0/8", "2001:db8::/32", "[::1]"], "network.allow");
    for (const address of ["1.2.3.4", "10.255.0.1", "2001:db8::5", "::1"]) {
      expect(rules.allowsAddress(canonical(address), 1), address).toBe(true);
    }
    for (const address of ["1.2.3.5", "11.0.0.1", "2001:db9::", "::2"]) {
      expect(rules.allowsAddress(canonical(address), 1), address).toBe(false);
    }
    expect(rules.allowsName("1.2.3.4.com", 1)).toBe(false);
  });

  it("should keep to their port where they have one", () => {
    const rules = new ReachRules(["a.com:443", "*.b.com:80", "1.2.3.4:22", "[::1]:1"], "network.allow");
    expect([443, 80].map((port) => rules.allowsName("a.com", port))).toEqual([true, false]);
    expect([443, 80].map((port) => rules.allowsName("x.b.com", port))).toEqual([false, true]);
    expect([22, 23].map((port) => rules.allowsAddress("1.2.3.4", port))).toEqual([true, false]);
    expect([1, 2].map((port) => rules.allowsAddress("::1", port))).toEqual([true, false]);
  });

  it("should allow nothing when there are none", () => {
    const rules = new ReachRules([], "network.allow");
    fc.assert(fc.property(fc.domain(), (name) => !rules.allowsName(name, 443)));
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => !rules.allowsAddress(canonical(address), 443)));
  });

  it("should let a wildcard have exactly what ends in a dot and its name", () => {
    const rules = new ReachRules(["*.a.com"], "network.allow");
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect(rules.allowsName(name, 1)).toBe(name.endsWith(".a.com"));
        expect(rules.allowsName(`${name}.a.com`, 1)).toBe(true);
        expect(rules.allowsName(`${name}a.com`, 1)).toBe(false);
      }),
    );
  });
});

describe("a name", () => {
  it("should have one spelling", () => {
    expect(["A.Com", "a.com.", "Ａ.com"].map(nameOf)).toEqual(["a.com", "a.com", "a.com"]);
  });

  it("should be none when it is an address or something else", () => {
    for (const text of [
      "1.2.3.4",
      "0x7f.1",
      "127.1",
      "2130706433",
      "a@b.com",
      "a/b",
      "a:1",
      "",
      "a..b",
      "-a.com",
      "a b",
    ]) {
      expect(nameOf(text), text).toBeUndefined();
    }
  });
});

describe("an address", () => {
  it("should be public only outside of every special block", () => {
    const special = [
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "127.0.0.1",
      "169.254.169.254",
      "172.31.0.1",
      "192.168.1.1",
      "198.18.0.1",
      "224.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:a00:1",
      "::127.0.0.1",
      "64:ff9b::7f00:1",
      "2002:7f00:1::",
      "2001::1",
      "2001:db8::1",
      "fc00::1",
      "fd00:ec2::254",
      "fe80::1%eth0",
      "ff02::1",
    ];
    for (const address of special) expect(isPublic(canonical(address)), address).toBe(false);
    for (const address of ["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]) {
      expect(isPublic(canonical(address)), address).toBe(true);
    }
  });
});

describe("the variables of programs", () => {
  it("should leave the container's own loopback alone, but for what is allowed of the host's", () => {
    expect(proxyVariables(new ReachRules(["a.com"], "network.allow"))).toMatchObject({
      no_proxy: "localhost,127.0.0.1,::1",
    });
    expect(proxyVariables(new ReachRules(["127.0.0.1:80", "[::1]"], "network.allow"))["NO_PROXY"]).toBe("localhost");
  });
});
