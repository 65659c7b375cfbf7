import type { LogLevel } from "./event.ts";
import type { TransportHost } from "./host.ts";
import type { QueueHost, RunQueue } from "./queue.ts";
import type { HostOwner } from "./store.ts";
import { Token } from "./token.ts";

/** Writes to the host's bus, from where sinks take it. Secrets known to the configuration are masked on the way. */
export interface Logger {
  readonly level: LogLevel;
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Facts that go with a log line; `run` names the run that it is about. */
export type LogFields = Readonly<Record<string, unknown>> & { readonly run?: string };

/** Time as a dependency, so that tests can own it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `milliseconds`; rejects with the signal's reason when aborted. Never keeps the process alive. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Where a user's files live; `SLUICE_HOME` moves all of them. */
export interface Paths {
  /** Survives: journals, downloaded models. */
  readonly data: string;
  /** Belongs to running hosts: `host.json`, sockets. */
  readonly state: string;
  /** May be deleted at any time. */
  readonly cache: string;
  /** The folder of the profile; relative paths in a profile start here. */
  readonly profile: string;
}

/** Something that happens in the host outside of any run, without the time and source the bus adds. */
export interface HostReporter {
  metric(name: string, value: number, unit?: string): void;
  sandbox(container: string, status: string, details?: { session?: string; reason?: string }): void;
  connection(connection: string, status: "open" | "closed", reason?: string): void;
  audit(action: string, details?: { client?: string; target?: string }): void;
}

/** The variables of the host's process, for customs such as `DOCKER_HOST`; what a profile says goes before them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the host is there for. */
export interface HostMode {
  /** True when it serves clients for a long time, so that preparing ahead (pools, preloading) pays. */
  readonly serving: boolean;
  /**
   * False when stdout and stderr belong to somebody else, such as the program that a command runs: logs stay off them.
   */
  readonly terminal: boolean;
}

/** Log lines under the name of the instance. */
export const LoggerToken = new Token<Logger, "instance">("sluicebox/logger", "instance");
/** The time, and waiting. */
export const ClockToken = new Token<Clock, "host">("sluicebox/clock", "host");
/** Folders that the instance may use. */
export const PathsToken = new Token<Paths, "host">("sluicebox/paths", "host");
/** Metrics and host events under the name of the instance. */
export const ReporterToken = new Token<HostReporter, "instance">("sluicebox/reporter", "instance");
/** The identity of the host, for what it leaves on this machine: labels of containers, rows of a store. */
export const OwnerToken = new Token<HostOwner, "host">("sluicebox/owner", "host");
/** The queue of a cluster; a service provides it. */
export const RunQueueToken = new Token<RunQueue, "host">("sluicebox/queue", "host");
/** The host as a queue calls it. */
export const QueueHostToken = new Token<QueueHost, "instance">("sluicebox/queue-host", "instance");
/** Variables of the process. */
export const EnvironmentToken = new Token<Environment, "host">("sluicebox/environment", "host");
/** Whether the host serves clients, and owns the terminal. */
export const ModeToken = new Token<HostMode, "host">("sluicebox/mode", "host");
/** The host as one transport is given it. Instances of other kinds are given none. */
export const HostToken = new Token<TransportHost, "instance">("sluicebox/host", "instance");
/** The instance's own options, for decorated classes. */
export const ConfigToken = new Token<unknown, "instance">("sluicebox/config", "instance");
/** The instances that its references name, by the key of the option. */
export const RefsToken = new Token<Readonly<Record<string, unknown>>, "instance">("sluicebox/refs", "instance");
