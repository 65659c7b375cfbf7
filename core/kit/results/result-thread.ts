import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { EventData } from "../../contract/event.ts";
import { packageRoot } from "../package-root.ts";
import { type PackedResult, packResult, unpackResult } from "./packed-result.ts";

/** Milliseconds without a large result after which the thread ends; a host that sees none has none. */
const idle = 30_000;

export interface ReadRequest {
  readonly id: number;
  readonly payload: Uint8Array;
}

export interface ReadAnswer {
  readonly id: number;
  /** Undefined for what is no result. */
  readonly packed?: PackedResult;
}

/** A large result that is being read. */
export interface LargeResult {
  /** Resolves when `shown` costs little; never rejects. */
  readonly ready: Promise<void>;
  /** The event's data, undefined where it is none. Before `ready` it is read here and now. */
  shown(): EventData["exec-result"] | undefined;
}

type OnAnswer = (answer: ReadAnswer | undefined) => void;

/** A thread that reads large results: parsing and writing one takes up to half a second, and the host has one thread. */
class ResultThread {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, OnAnswer>();
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Calls back once; with nothing where the thread is not there. */
  read(payload: Uint8Array, onAnswer: OnAnswer): void {
    this.#last += 1;
    const id = this.#last;
    clearTimeout(this.#timer);
    this.#waiting.set(id, onAnswer);
    try {
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage({ id, payload } satisfies ReadRequest);
    } catch {
      this.#gone();
    }
  }

  #start(): Worker {
    const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const worker = new Worker(join(packageRoot, "core", "kit", "results", `result-worker.${ending}`), {
      execArgv: [],
      env: {},
    });
    worker.on("message", (answer: ReadAnswer) => this.#answer(answer));
    worker.on("error", () => this.#gone(worker));
    worker.on("exit", () => this.#gone(worker));
    return worker;
  }

  #answer(answer: ReadAnswer): void {
    const told = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#rest();
    told?.(answer);
  }

  /** It keeps no process alive that has nothing else to do. */
  #rest(): void {
    this.#worker?.unref();
    this.#timer = setTimeout(() => this.#gone(this.#worker), idle).unref();
  }

  #gone(worker = this.#worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    void worker?.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const told of waiting) told(undefined);
  }
}

const thread = new ResultThread();

/** Reads on another thread what a program showed. */
export function readLargeResult(payload: Uint8Array): LargeResult {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  let answer: ReadAnswer | undefined;
  thread.read(payload, (given) => {
    answer = given;
    resolve();
  });
  return {
    ready,
    shown: () => {
      const packed = answer === undefined ? packResult(payload) : answer.packed;
      return packed && unpackResult(packed);
    },
  };
}
