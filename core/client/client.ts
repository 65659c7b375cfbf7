import { filter, firstValueFrom, map, type Observable, Subject, take } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { RunEvent } from "../contract/event.ts";
import type { RunAnswer } from "../contract/run.ts";
import { download, type FilePlace } from "./downloads.ts";
import { EventFeed } from "./event-feed.ts";
import { errorOf, type ServerFrame } from "./frames.ts";
import { HostWatches, type WatchBatch, type WatchOptions } from "./host-watches.ts";
import { type ConnectionState, Link } from "./link.ts";
import { type ClientOptions, settingsOf } from "./options.ts";
import { closedByCaller, readAlready } from "./refusals.ts";
import { type Request, Requests } from "./requests.ts";
import { grace, openFrame, overdue } from "./run-options.ts";
import { type RunOptions, RunStream } from "./run-stream.ts";
import { Stdins } from "./stdin.ts";
import { askWithFiles, type ClientInput } from "./uploads.ts";
import type { ClientFrames, ServerFrames } from "./wire.generated.ts";

/** What a host says when a client has come in. */
export type Welcome = ServerFrames["welcome"];

/** A client of one host, for Node and browsers: many runs over one connection, which heals itself. */
export class SluiceClient implements AsyncDisposable {
  /** `connecting`, `open`, `waiting` for the next attempt, or `closed` for good. The present one first. */
  readonly state$: Observable<ConnectionState>;
  /** Faults that concern no message, such as a frame that cannot be read. The client goes on. */
  readonly errors$: Observable<SluiceError>;
  /** What happens on the connection, with the option `debug`. */
  readonly debug$: Observable<string>;
  readonly #errors = new Subject<SluiceError>();
  readonly #debug = new Subject<string>();
  readonly #link: Link;
  readonly #requests: Requests;
  readonly #feeds = new Map<string, EventFeed>();
  /** Those whose `open` has no answer yet, by its id: they have no run to be found under. */
  readonly #opening = new Map<string, EventFeed>();
  /** Those whose `follow` has no answer yet: it is sent again after a reconnect, so they need no resume. */
  readonly #following = new Map<string, EventFeed>();
  readonly #watches: HostWatches;
  readonly #stdins = new Stdins((frame) => void this.#link.send(frame));
  readonly #client: string;
  /** Tells objects of one name apart: an id that comes twice would give the old run. */
  readonly #life = globalThis.crypto.randomUUID().slice(0, 8);
  #ids = 0;
  #closed: SluiceError | undefined;

  constructor(options: ClientOptions) {
    const [settings, { debug = false }] = [settingsOf(options), options];
    this.#client = settings.client;
    this.#link = new Link(settings, {
      hello: () => this.#hello(settings.token),
      opened: (welcome) => {
        this.#requests.resume(welcome.server.boot);
        this.#watches.resume(welcome.server.boot);
        this.#stdins.resend();
      },
      frame: (frame, size) => this.#receive(frame, size),
      lost: () => this.#requests.lost(),
      closed: (error) => this.#end(error),
      fault: (error) => this.#errors.next(error),
      debug: (line) => {
        if (typeof debug === "function") debug(line);
        else if (debug) this.#debug.next(line);
      },
    });
    this.#requests = new Requests(settings, (frame) => this.#link.send(frame));
    const link = this.#link;
    this.#watches = new HostWatches({
      get connected() {
        return link.welcome !== undefined;
      },
      ask: (frame) => this.#ask({ ...frame, id: this.#nextId() }),
    });
    this.state$ = this.#link.state$.asObservable();
    this.errors$ = this.#errors.asObservable();
    this.debug$ = this.#debug.asObservable();
    this.#link.connect();
  }

  /** The host's welcome of the present connection, or of the next one. Rejects when the client gives up. */
  async ready(): Promise<Welcome> {
    const welcome$ = this.state$.pipe(
      filter((state) => state === "open"),
      map(() => this.#link.welcome),
      take(1),
    );
    const welcome = await firstValueFrom(welcome$, { defaultValue: undefined });
    if (welcome === undefined) throw this.#closed ?? closedByCaller();
    return welcome;
  }

  /** Opens a run at once; its events wait for the stream's reader. A text is said to the flow's first model. */
  run(flow: string | undefined, input: ClientInput, options: RunOptions = {}): RunStream {
    const { timeout, keep = false } = options;
    const frame = openFrame(this.#nextId(), flow, input, options);
    return this.#stream(0, keep ? "unfollow" : "cancel", async (feed) => {
      this.#opening.set(frame.id, feed);
      const asked = this.#ask<ServerFrames["opened"]>(frame, timeout === undefined ? undefined : timeout + grace);
      const { run } = await asked.finally(() => this.#opening.delete(frame.id));
      this.#stdins.begin(run, input, feed, () => this.cancel(run));
      if (timeout === undefined) return run;
      feed.limit(timeout + grace, grace, () => {
        this.#ask({ t: "cancel", id: this.#nextId(), run, scope: "run" }).catch(ignore);
        return overdue(timeout);
      });
      return run;
    });
  }

  /** Reads a run of anybody, from after `after`. Leaving the stream leaves the run alone. */
  follow(run: string, after = 0): RunStream {
    return this.#stream(after, "unfollow", async (feed) => {
      if (this.#feeds.has(run)) {
        throw readAlready(run);
      }
      this.#feeds.set(run, feed);
      const frame: ClientFrames["follow"] & { id: string } = { t: "follow", id: this.#nextId(), run, after };
      this.#following.set(run, feed);
      try {
        await this.#ask(frame);
      } catch (error) {
        if (this.#feeds.get(run) === feed) this.#feeds.delete(run);
        throw error;
      } finally {
        if (this.#following.get(run) === feed) this.#following.delete(run);
      }
      return run;
    });
  }

  /** Watches the host itself, from the subscription on; goes on by itself after a reconnect. */
  watch(options: WatchOptions = {}): Observable<WatchBatch> {
    return this.#watches.watch(options);
  }

  async cancel(run: string, scope: "step" | "run" = "run"): Promise<void> {
    await this.#ask({ t: "cancel", id: this.#nextId(), run, scope });
  }

  /** Resolves false when nothing ran that could be interrupted. */
  async interrupt(run: string): Promise<boolean> {
    const { result } = await this.#ask<ServerFrames["result"]>({ t: "interrupt", id: this.#nextId(), run });
    return result["interrupted"] === true;
  }

  async input(run: string, answer: RunAnswer): Promise<void> {
    await this.#ask({ t: "input", id: this.#nextId(), run, ...answer });
  }

  /** Asks the host something, such as `runs.list`; see the wire's reference for methods and parameters. */
  async call<Result = Readonly<Record<string, unknown>>>(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Result> {
    const frame: ClientFrames["call"] = { t: "call", id: this.#nextId(), method, params };
    return (await this.#ask<ServerFrames["result"]>(frame)).result as Result;
  }

  /** A file of a session or a run, whole and of one version, however large. */
  file(place: FilePlace, path: string): Promise<Uint8Array> {
    return download(place, path, this.#nextId(), (params) => this.call("files.get", params));
  }

  /** Ends the connection; what waits rejects with SLUICE_WIRE_CLOSED. Runs go on as their `onDisconnect` says. */
  close(): void {
    this.#watches.complete();
    this.#link.close(closedByCaller());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #stream(after: number, leaving: "cancel" | "unfollow", begin: (feed: EventFeed) => Promise<string>): RunStream {
    const link = this.#link;
    const feed = new EventFeed(after, {
      ack: (run, seq) => void link.send({ t: "ack", run, seq }),
      get rhythm() {
        return link.rhythm;
      },
      leave: () => void opened.then((run) => this.#leave(run, leaving)).catch(ignore),
      resync: (run, from) => void this.#ask({ t: "follow", id: this.#nextId(), run, after: from }).catch(ignore),
    });
    const opened = begin(feed);
    opened.catch((error: unknown) => feed.fail(SluiceError.from(error)));
    return new RunStream(feed, {
      opened,
      cancel: async (scope) => this.cancel(await opened, scope),
      interrupt: async () => this.interrupt(await opened),
      input: async (answer) => this.input(await opened, answer),
    });
  }

  async #leave(run: string, how: "cancel" | "unfollow"): Promise<void> {
    this.#forget(run);
    if (how === "cancel") await this.cancel(run);
    await this.#ask({ t: "unfollow", id: this.#nextId(), run });
  }

  #hello(token: string | undefined): ClientFrames["hello"] {
    const resume = [...this.#feeds]
      .filter(([run]) => !this.#following.has(run))
      .map(([run, feed]) => ({ run, after: feed.rewind() }));
    return {
      t: "hello",
      client: this.#client,
      ...(token === undefined ? {} : { token }),
      ...(resume.length === 0 ? {} : { resume }),
    };
  }

  /** `timeout` bounds the answer to an `open`, where it is less than what every answer has. */
  #ask<Answer>(frame: Request, timeout?: number): Promise<Answer> {
    return askWithFiles<Answer>(frame, (each) =>
      this.#closed === undefined
        ? this.#requests.ask(each, each.t === "open" ? timeout : undefined)
        : Promise.reject(this.#closed),
    );
  }

  #receive(frame: ServerFrame, size: number): void {
    switch (frame.t) {
      case "opened": {
        // At once, and not when the promise resolves: the first events may come in the same turn.
        const feed = this.#opening.get(frame.re);
        if (feed !== undefined) {
          // Somebody else told its name, and this client follows it already: its events go to whoever opened it.
          this.#feeds.get(frame.run)?.fail(readAlready(frame.run));
          this.#feeds.set(frame.run, feed);
        }
        this.#requests.resolve(frame.re, frame);
        break;
      }
      case "event": {
        const event = frame.event as unknown as RunEvent;
        this.#feed(event.run, (feed) => feed.push(event, size));
        break;
      }
      case "ack-request":
        this.#feed(frame.run, (feed) => feed.asked(frame.run));
        break;
      case "gap":
        this.#feed(frame.run, (feed) => feed.gap(frame.run, frame.from, frame.to, frame.reason));
        break;
      case "stdin":
        this.#stdins.taken(frame.run, frame.taken);
        break;
      case "host":
        this.#watches.receive(frame);
        break;
      case "result":
        if (frame.re !== undefined) this.#requests.resolve(frame.re, frame);
        break;
      case "error":
        this.#refused(frame);
        break;
    }
  }

  #refused(frame: ServerFrames["error"]): void {
    const error = errorOf(frame);
    if (frame.re !== undefined) this.#requests.reject(frame.re, error);
    else if (frame.run !== undefined) this.#feed(frame.run, (feed) => feed.fail(error));
    else this.#errors.next(error);
  }

  #feed(run: string, act: (feed: EventFeed) => void): void {
    const feed = this.#feeds.get(run);
    if (feed === undefined) return;
    act(feed);
    if (feed.over) this.#forget(run);
  }

  #forget(run: string): void {
    this.#feeds.delete(run);
    this.#stdins.end(run);
  }

  #end(error: SluiceError): void {
    this.#closed = error;
    this.#requests.fail(error);
    this.#watches.fail(error);
    for (const feed of this.#feeds.values()) feed.fail(error);
    this.#feeds.clear();
    this.#stdins.endAll();
    this.#errors.complete();
    this.#debug.complete();
  }

  #nextId(): string {
    this.#ids += 1;
    return `${this.#life}-${this.#ids}`;
  }
}

function ignore(): void {
  // What could not be done any more concerns a stream that nobody reads.
}
