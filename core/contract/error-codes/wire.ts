import type { ErrorEntry } from "./entry.ts";

export const wireErrors = {
  SLUICE_PORT_TAKEN: {
    class: "unavailable",
    retryable: false,
    when: "The address is in use by another program.",
    cure: "Stop that program, or set another listen: address.",
  },
  SLUICE_MOUNT_CLAIMED: {
    class: "config",
    retryable: false,
    when: "Two transports claim one path on one address.",
    cure: "Give one of them another path or listen: address.",
  },
  SLUICE_OVERLOADED: {
    class: "limit",
    retryable: true,
    when: "There are more runs, sessions or frames than the limits allow.",
    cure: "Wait and try again, or raise the limits.",
  },
  SLUICE_WIRE_PROTOCOL: {
    class: "invalid",
    retryable: false,
    when: "The protocol's schema refuses a frame.",
    cure: "Send frames as schema/wire/ says.",
  },
  SLUICE_JSON_REFUSED: {
    class: "invalid",
    retryable: false,
    when: "JSON from outside is malformed, or larger, deeper or of more values than its bounds.",
    cure: "Send valid JSON within the bounds that the message names.",
  },
  SLUICE_WIRE_UPLOAD: {
    class: "invalid",
    retryable: true,
    when: "Pieces of a file are missing, out of order, or more than were announced.",
    cure: "Send the file again, from offset 0.",
  },
  SLUICE_WIRE_DOWNLOAD: {
    class: "invalid",
    retryable: true,
    when: "A client asks for a piece of a file that the host no longer holds for its connection.",
    cure: "Fetch the file again, from offset 0.",
  },
  SLUICE_WIRE_AUTH: {
    class: "auth",
    retryable: false,
    when: "The token is wrong or missing.",
    cure: "Give the token of the host: `sluice token` prints it.",
  },
  SLUICE_WIRE_FORBIDDEN: {
    class: "auth",
    retryable: false,
    when: "The client's role does not allow this.",
    cure: "Connect with a role that may.",
  },
  SLUICE_WIRE_TIMEOUT: {
    class: "timeout",
    retryable: true,
    when: "The host did not answer in time.",
    cure: "Check that the host is alive; raise timeout.",
  },
  SLUICE_WIRE_CLOSED: {
    class: "unavailable",
    retryable: true,
    when: "The connection ended and could not be made again.",
    cure: "Check the address and that the host is up.",
  },
  SLUICE_WIRE_SEND: {
    class: "unavailable",
    retryable: true,
    when: "A message could not be sent; the queue is full.",
    cure: "Wait until the connection is back.",
  },
  SLUICE_WIRE_PARSE: {
    class: "invalid",
    retryable: true,
    when: "A message is not JSON, or not of the protocol's shape.",
    cure: "Check that the address is a Sluicebox host.",
  },
} as const satisfies Record<string, ErrorEntry>;
