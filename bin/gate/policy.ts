import { containerFault } from "./container-policy.ts";

/** What a gate lets through beside the containers of sandboxes. */
export interface GateOptions {
  /** Images of sandboxes may be built and removed. */
  readonly build: boolean;
  /** Containers may have the engine's own network. */
  readonly network: boolean;
}

/** What is to be done with a request before the engine sees it. */
export type Judgement =
  | { readonly kind: "pass" }
  /** With a body that is an image's context. */
  | { readonly kind: "build" }
  /** Only where this container, by id or by name, is one of ours. */
  | { readonly kind: "own"; readonly container: string }
  /** Only with a body that `containerFault` has nothing against. */
  | { readonly kind: "create" }
  | { readonly kind: "refuse"; readonly why: string };

const pass: Judgement = { kind: "pass" };
const refuse = (why: string): Judgement => ({ kind: "refuse", why });

/** The label that each container of a sandbox has. */
export const ownLabel = "sluicebox.owner";
const ownImage = /^sluicebox-[a-z0-9_.-]+(:[\w.-]+)?$/;
/** Of the engine's API, that of Docker 19.03: older ones take another container's settings with its start. */
const oldestApi = 40;
const builtWith = new Set(["t", "nocache", "rm", "forcerm", "labels"]);

/**
 * Decides by method and path. What is not known here is refused, so that a call that the engine learns tomorrow is
 * refused too. Paths are read as they are: one with an escape in it is none of ours.
 */
export function judge(method: string, target: string, options: GateOptions): Judgement {
  const url = URL.canParse(target, "http://engine") ? new URL(target, "http://engine") : undefined;
  const [raw = ""] = target.split("?", 1);
  if (url === undefined || url.pathname !== raw || !/^(\/[\w.:-]+)+$/.test(raw)) return refuse("the path is not plain");
  // Some engines take it for an ampersand, and would read another query than is read here.
  if (target.includes(";")) return refuse("the query is not plain");
  const [prefix = "", version] = /^\/v1\.(\d{1,3})(?=\/)/.exec(raw) ?? [];
  if (version !== undefined && Number(version) < oldestApi) return refuse(`the API is older than 1.${oldestApi}`);
  const path = raw.slice(prefix.length);
  const query = url.searchParams;
  if (method === "GET" || method === "HEAD") return judgeRead(path, query);
  const [, container = "", action] = /^\/containers\/([\w.-]+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (method === "POST" && path === "/containers/create") return { kind: "create" };
  if (method === "POST" && container !== "" && ["start", "attach", "wait"].includes(action ?? "")) {
    return { kind: "own", container };
  }
  if (method === "DELETE" && container !== "" && action === undefined) return { kind: "own", container };
  if (method === "POST" && path === "/build") return judgeBuild(query, options);
  const [, image = ""] = /^\/images\/([\w.:-]+)$/.exec(path) ?? [];
  if (method === "DELETE" && options.build && ownImage.test(image)) return pass;
  return refuse(`${method} ${path} is none of the calls that a sandbox needs`);
}

function judgeRead(path: string, query: URLSearchParams): Judgement {
  if (["/_ping", "/version", "/info", "/images/json"].includes(path)) return pass;
  if (/^\/images\/[\w.:-]+\/json$/.test(path)) return pass;
  if (path === "/containers/json") {
    // The engine's list tells of everybody's containers; with this filter it tells of ours.
    return query.get("filters") === `{"label":["${ownLabel}"]}` && query.getAll("filters").length === 1
      ? pass
      : refuse("containers are listed by the label of sandboxes alone");
  }
  const [, container] = /^\/containers\/([\w.-]+)\/json$/.exec(path) ?? [];
  return container === undefined
    ? refuse(`GET ${path} is none of the calls that a sandbox needs`)
    : { kind: "own", container };
}

function judgeBuild(query: URLSearchParams, { build }: GateOptions): Judgement {
  if (!build) return refuse("images are built where the gate was started with --build");
  const unknown = [...query.keys()].find((key) => !builtWith.has(key));
  if (unknown !== undefined) return refuse(`a build takes no ${unknown}`);
  return query.getAll("t").length === 1 && ownImage.test(query.get("t") ?? "")
    ? { kind: "build" }
    : refuse("what is built has the name of a sandbox's image");
}

/** What is wrong with the body of "Create a container", or undefined. */
export function judgeCreate(body: unknown, options: GateOptions): string | undefined {
  return containerFault(body, { network: options.network, label: ownLabel, image: ownImage });
}
