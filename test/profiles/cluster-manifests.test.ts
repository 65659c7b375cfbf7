import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { compileSchema } from "../../core/kit/index.ts";
import { composeEnv, hasCompose } from "../docker/image-kit.ts";

const example = new URL("../../bin/deploy/cluster/", import.meta.url).pathname;
const definitions = new URL("../fixtures/kubernetes/definitions.json", import.meta.url);

/** What each kind is called in Kubernetes' own description of itself. */
const kinds: Readonly<Record<string, string>> = {
  Deployment: "apps.v1.Deployment",
  Service: "core.v1.Service",
  PodDisruptionBudget: "policy.v1.PodDisruptionBudget",
  NetworkPolicy: "networking.v1.NetworkPolicy",
};

describe("the manifest for Kubernetes", () => {
  const { items } = parse(readFileSync(join(example, "kubernetes.yaml"), "utf8"), { merge: true });
  const of = (kind: string) => items.filter((each: { kind: string }) => each.kind === kind);
  const { definitions: all } = JSON.parse(readFileSync(definitions, "utf8"));
  const issuesOf = (item: { readonly kind: string }) =>
    compileSchema({ $ref: `#/definitions/${kinds[item.kind]}`, definitions: all })(item);

  it("should be what Kubernetes says of each kind, with no field that it does not know", () => {
    for (const item of items) expect(issuesOf(item)).toEqual([]);
    const [deployment] = structuredClone(of("Deployment"));
    deployment.spec.template.spec.containers[0].readinesProbe = {};
    expect(issuesOf(deployment)).toHaveLength(1);
    const [other] = structuredClone(of("Deployment"));
    other.spec.replicas = "three";
    expect(issuesOf(other)).toMatchObject([{ path: "/spec/replicas" }]);
  });

  it("should choose its own pods everywhere, probe them, and drain them before they stop", () => {
    for (const { metadata, spec } of of("Deployment")) {
      const { labels } = spec.template.metadata;
      expect(spec.selector.matchLabels).toEqual(labels);
      expect(metadata.labels).toEqual(labels);
      for (const chosen of [
        of("Service")[0].spec.selector,
        of("PodDisruptionBudget")[0].spec.selector.matchLabels,
        of("NetworkPolicy")[0].spec.podSelector.matchLabels,
      ])
        expect(labels).toMatchObject(chosen);
      const [container] = spec.template.spec.containers;
      expect(container.lifecycle.preStop.exec.command).toEqual(["sluice", "down"]);
      for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
        expect(container[probe].httpGet).toEqual({ path: "/healthz", port: "http" });
      }
    }
  });

  it("should give each host a user and a certificate of its own, which NATS knows", () => {
    const secrets = of("Deployment").map(({ spec }: { spec: { template: { spec: unknown } } }) =>
      [...JSON.stringify(spec.template.spec).matchAll(/"sluice-(nats|tls)-([a-z]+)"/g)].map(
        ([, what, host]) => `${what} ${host}`,
      ),
    );
    expect(secrets.map((each: readonly string[]) => [...new Set(each)].toSorted())).toEqual([
      ["nats alpha", "tls alpha"],
      ["nats beta", "tls beta"],
    ]);
    const users = readFileSync(join(example, "nats.conf"), "utf8").matchAll(/\{ user: (\w+), password: \$SLUICE/g);
    expect([...users].map(([, user]) => user)).toEqual(["alpha", "beta"]);
  });
});

describe.skipIf(!hasCompose)("compose.yaml of a cluster", () => {
  const config = (given: NodeJS.ProcessEnv) =>
    execFileSync("docker", ["compose", "--file", join(example, "compose.yaml"), "config", "--format", "json"], {
      env: { ...composeEnv, ...given },
      stdio: ["ignore", "pipe", "pipe"],
    }).toString();
  const given = { SLUICE_ALPHA_PASSWORD: "a", SLUICE_BETA_PASSWORD: "b", NATS_SERVER_PASSWORD: "c" };

  it("should be taken by docker compose, with a user and a certificate for each host", () => {
    const { services } = JSON.parse(config(given));
    expect(Object.keys(services).toSorted()).toEqual(["alpha", "beta", "nats-1", "nats-2", "nats-3"]);
    for (const host of ["alpha", "beta"]) {
      expect(services[host].environment).toEqual({
        SLUICE_TRUST: "all",
        SLUICE_NATS_USER: host,
        SLUICE_NATS_PASSWORD: host[0],
      });
      const tls = services[host].volumes.find(({ target }: { target: string }) => target === "/tls");
      expect(tls).toMatchObject({ source: join(example, "tls", host), read_only: true });
      expect(services[host]).toMatchObject({ read_only: true, cap_drop: ["ALL"], user: "65532:65532" });
    }
    // What only servers may know.
    expect(JSON.stringify([services.alpha, services.beta])).not.toContain("NATS_SERVER_PASSWORD");
    for (const { ports = [] } of Object.values(services) as { ports?: { host_ip: string }[] }[])
      for (const { host_ip } of ports) expect(host_ip).toBe("127.0.0.1");
  });

  it.each(Object.keys(given))("should be refused without %s", (name) => {
    expect(() => config({ ...given, [name]: "" })).toThrow(new RegExp(name));
  });
});
