import type { RunStanding } from "../../contract/queue.ts";
import type { Store } from "../../contract/store.ts";

/** Where an item of the queue stands: its priority and its client. */
export interface WorkPlace {
  readonly priority: string;
  readonly client: string;
}

/** An item that was taken from the queue. It comes back to some host where nothing is said of it for `silence`. */
export interface WorkItem {
  readonly data: Uint8Array;
  /** It is still worked at. */
  working(): void;
  /** It is done with, and gone. */
  done(): Promise<void>;
  /** Not now: it comes back after so many milliseconds. */
  later(milliseconds: number): void;
}

/** What is told of a run by the store that hosts share. */
export interface StandingOfRun {
  readonly standing: RunStanding;
  readonly last: number;
  /** The host that wrote last. */
  readonly host: string;
  /** Hosts that have executed the run so far; 0 where none has begun. */
  readonly attempt: number;
}

/** The last word of a host. */
export interface HostWord {
  readonly host: string;
  readonly about: Readonly<Record<string, unknown>>;
  /** Milliseconds since it was heard. */
  readonly seen: number;
}

/**
 * What a shared store lends to a queue beside its journals: the servers behind it. A queue refers to the store
 * (`x-ref: store`) and asks whether it lends that: see {@link lendsClusterLink}. So one plugin alone knows the servers.
 */
export interface ClusterLink {
  /** Id of this host. */
  readonly host: string;
  readonly connected: boolean;
  /** Milliseconds without a word after which a host counts as gone. */
  readonly silence: number;
  isAlive(host: string): boolean;
  /** Hosts that live, with what each tells of itself. */
  readonly hosts: readonly HostWord[];
  /** What this host tells of itself from now on. */
  tell(about: () => Readonly<Record<string, unknown>>): void;
  /** Makes the queue where there is none. `most`: items that may wait. */
  openQueue(most: number): Promise<void>;
  /** @throws SluiceError SLUICE_OVERLOADED where too many wait */
  push(place: WorkPlace, run: string, data: Uint8Array): Promise<void>;
  /** Calls back when something was pushed somewhere. Returns how to stop that. */
  onPushed(listener: (place: WorkPlace) => void): () => void;
  /** Every place where something waits, or may come back to. */
  places(): Promise<readonly WorkPlace[]>;
  /** One item, or undefined where nothing waits there now. */
  pull(place: WorkPlace): Promise<WorkItem | undefined>;
  /** The item of a run that is neither done with nor gone. */
  find(run: string): Promise<Uint8Array | undefined>;
  waiting(): Promise<number>;
  standingOf(run: string): Promise<StandingOfRun>;
  /** Answers what is asked at an address, such as `run.ID`, until the returned function is called. */
  answer(address: string, handler: (question: Uint8Array) => Promise<Uint8Array>): () => void;
  /** Undefined where nobody answers at that address. */
  ask(address: string, question: Uint8Array, limit: number): Promise<Uint8Array | undefined>;
  /** Resolves with the host that has the key: this one, unless another one that lives has it. */
  claim(key: string): Promise<string>;
  /** The host that has the key and lives. */
  holder(key: string): Promise<string | undefined>;
  release(key: string): Promise<void>;
  /** See `SharedValues.change`. */
  change(key: string, change: (before: unknown, now: number) => unknown, patient: boolean): Promise<void>;
  /** Data of any size, under a name that all hosts know. */
  keep(name: string, data: Uint8Array): Promise<void>;
  kept(name: string): Promise<Uint8Array | undefined>;
  drop(name: string): Promise<void>;
}

/** A store that lends its servers. */
export interface LendingStore extends Store {
  readonly clusterLink: ClusterLink;
}

/** Whether a store is one that hosts share, and lends its servers. */
export function lendsClusterLink(store: unknown): store is LendingStore {
  return typeof store === "object" && store !== null && "clusterLink" in store;
}
