import { basePath } from "./router.ts";
import { Store } from "./store.ts";

export type Role = "read" | "run" | "operate" | "configure";

export interface Session {
  readonly role: Role;
  readonly csrf: string;
  readonly version: string;
  readonly profile: string;
  readonly host: string;
  readonly expires: string;
}

/** What the host says when it refuses. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly cure: string;
}

export class ApiError extends Error {
  readonly status: number;
  readonly refusal: Refusal;

  constructor(status: number, refusal: Refusal) {
    super(refusal.message);
    this.status = status;
    this.refusal = refusal;
  }
}

export type SessionState =
  | { readonly kind: "loading" }
  | { readonly kind: "out"; readonly refusal?: Refusal }
  | { readonly kind: "in"; readonly session: Session };

export const session = new Store<SessionState>({ kind: "loading" });

const roles: readonly Role[] = ["read", "run", "operate", "configure"];

export function may(needed: Role): boolean {
  const state = session.get();
  return state.kind === "in" && roles.indexOf(state.session.role) >= roles.indexOf(needed);
}

/** Redeems the token of a link, if the address carries one, and learns who is signed in. */
export async function signIn(): Promise<void> {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token !== undefined) history.replaceState(null, "", location.pathname + location.search);
  let refused: Refusal | undefined;
  try {
    if (token !== undefined) await request("POST", "session", { token });
  } catch (error) {
    refused = refusalOf(error);
  }
  try {
    session.set({ kind: "in", session: await request<Session>("GET", "session") });
  } catch (error) {
    const given = refused ?? (error instanceof ApiError && error.status === 401 ? undefined : refusalOf(error));
    session.set({ kind: "out", ...(given === undefined ? {} : { refusal: given }) });
  }
}

export async function signOut(): Promise<void> {
  await request("DELETE", "session").catch(() => undefined);
  session.set({ kind: "out" });
}

/** @throws ApiError */
export async function request<Result = unknown>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<Result> {
  const state = session.get();
  const csrf = state.kind === "in" ? state.session.csrf : "";
  let response: Response;
  try {
    response = await fetch(`${basePath}/api/${path}`, {
      method,
      credentials: "same-origin",
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), "x-sluice-csrf": csrf },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError(0, {
      code: "SLUICE_HOST_UNAVAILABLE",
      message: "the host does not answer",
      cure: "Start it with `sluice up`.",
    });
  }
  const answer = (await response.json().catch(() => undefined)) as { error?: Refusal } | undefined;
  if (response.ok && answer !== undefined) return answer as Result;
  if (response.status === 401 && state.kind === "in") session.set({ kind: "out" });
  throw new ApiError(response.status, answer?.error ?? unknownAnswer(response.status));
}

/** What the host answers as it is. @throws ApiError */
export async function requestText(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await fetch(`${basePath}/api/${path}`, { credentials: "same-origin", headers });
  const text = await response.text();
  if (response.ok) return text;
  let error: Refusal | undefined;
  try {
    ({ error } = JSON.parse(text) as { error?: Refusal });
  } catch {
    // No answer of the host, but of something between.
  }
  throw new ApiError(response.status, error ?? unknownAnswer(response.status));
}

function unknownAnswer(status: number): Refusal {
  return { code: "SLUICE_INTERNAL", message: `the host answered ${status}`, cure: "Reload the page." };
}

export function refusalOf(error: unknown): Refusal {
  if (error instanceof ApiError) return error.refusal;
  if (error instanceof Error && "code" in error && "cure" in error) {
    return { code: String(error.code), message: error.message, cure: String(error.cure) };
  }
  return { code: "SLUICE_INTERNAL", message: String(error), cure: "" };
}
