import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { SluiceError } from "../../core/contract/index.ts";

/** Error codes of JetStream, from https://github.com/nats-io/nats-server/blob/main/server/errors.json. */
const codes = { streamNotFound: 10059, wrongLastSequence: 10071, storageExceeded: 10047, memoryExceeded: 10028 };
/** Servers of a cluster that do not see enough of each other, yet: no peers for a stream, no leader, no quorum. */
const unready: ReadonlySet<number | undefined> = new Set([10005, 10008, 10009, 10074]);

const cures: readonly (readonly [new (...parameters: never[]) => Error, string])[] = [
  [errors.AuthorizationError, "Check `user` and `password`, `token` or `credentials` of the store."],
  [errors.UserAuthenticationExpiredError, "Make new credentials: these have expired."],
  [errors.PermissionViolationError, "Give this user the rights that docs/cluster.md lists."],
  [errors.NoRespondersError, "Start the servers with JetStream (`nats-server -js`), or wait for their leader."],
  [errors.TimeoutError, "See whether the servers are up and a majority of them can see each other."],
];

const unreachable = "Start the NATS servers, or correct `servers` of the store.";
const noRoom = "Give JetStream more room on the servers, or set `keepSize` lower.";

function apiCodeOf(error: unknown): number | undefined {
  return error instanceof JetStreamApiError ? error.code : undefined;
}

/** Another message is the last of its subject than was expected. */
export function isWrongLast(error: unknown): boolean {
  return apiCodeOf(error) === codes.wrongLastSequence;
}

/** The servers are there, and have not found together. */
export function isUnready(error: unknown): boolean {
  return error instanceof errors.TimeoutError || unready.has(apiCodeOf(error));
}

export function isNoStream(error: unknown): boolean {
  return apiCodeOf(error) === codes.streamNotFound;
}

/** What NATS said, as an error of ours; errors of ours stay as they are. */
export function natsFailure(where: string, error: unknown): SluiceError {
  if (SluiceError.is(error)) return SluiceError.from(error);
  const told = error instanceof Error ? error.message : String(error);
  const code = apiCodeOf(error);
  const full = code === codes.storageExceeded || code === codes.memoryExceeded || /maximum bytes/.test(told);
  const cause = [error, (error as { cause?: unknown } | null)?.cause];
  const known = cures.find(([kind]) => cause.some((each) => each instanceof kind))?.[1];
  return new SluiceError("SLUICE_STORE_FAILED", `${where}: ${told}`, {
    cause: error,
    cure: full ? noRoom : (known ?? unreachable),
  });
}
