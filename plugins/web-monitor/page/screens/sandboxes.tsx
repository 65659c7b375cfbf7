import { useEffect, useState } from "react";
import type { FeedEvent } from "../../../../core/client/index.ts";
import { bytes, clock, count } from "../lib/format.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { textOf } from "../lib/log-buffer.ts";
import { hrefOf } from "../lib/router.ts";
import { may, refusalOf, request, session as signIn } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Ago, Button, Command, Empty, Link, Meter, RefusalNote, Section, Source, Status } from "../parts/basics.tsx";
import { isSure, say } from "../parts/dialog.tsx";

interface SandboxDetails {
  readonly instance: string;
  readonly id: string;
  readonly name?: string;
  readonly image?: string;
  readonly state?: string;
  readonly session?: string;
  /** The host that started it. */
  readonly owner?: string;
  readonly ownerAlive?: boolean;
  readonly created?: string;
  readonly limits?: {
    readonly cpus: number;
    readonly memory: number;
    readonly pids: number;
    readonly network: string;
    readonly runtime: string;
  };
  readonly stats?: { readonly cpu: number; readonly memory: number; readonly pids: number };
}

interface SessionEntry {
  readonly session: string;
  readonly lastUsed: string;
  readonly runs: number;
}

export function SandboxesScreen() {
  const { value, refusal, reload } = useApi<{ sandboxes: SandboxDetails[]; sessions: SessionEntry[] }>(
    "sandboxes",
    1_000,
  );
  const [busy, setBusy] = useState(false);
  const all = value?.sandboxes ?? [];
  const leftovers = all.filter(({ ownerAlive }) => ownerAlive === false);
  const alive = all.filter(({ ownerAlive }) => ownerAlive !== false);
  const act = async (path: string, done: (answer: { removed?: string[] }) => string) => {
    setBusy(true);
    try {
      say(done(await request<{ removed?: string[] }>("POST", path, {})));
    } catch (error) {
      say(refusalOf(error).message, "bad");
    }
    setBusy(false);
    reload();
  };
  return (
    <div className="screen">
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      <div className="toolbar">
        <p className="summary">
          {t("Sandboxes")} <b className="number">{alive.length}</b> · {t("Sessions")}{" "}
          <b className="number">{value?.sessions.length ?? 0}</b>
        </p>
        {leftovers.length === 0 ? null : (
          <Button
            icon="close"
            disabled={busy || !may("operate")}
            hint={t("Removes what hosts left behind that are no longer alive.")}
            onClick={() =>
              void act("sandboxes-clean", ({ removed = [] }) => t("{n} leftovers removed", { n: removed.length }))
            }
          >
            {t("Clean {n} leftovers", { n: leftovers.length })}
          </Button>
        )}
        <Command text="sluice sandbox list" />
      </div>
      {value === undefined ? (
        <div className="skeleton tall" aria-busy="true" />
      ) : all.length === 0 ? (
        <Empty icon="sandboxes" title={t("No sandbox is open")}>
          <p>{t("One opens when a run needs it; with a pool, some wait ready.")}</p>
          <Link className="button primary" href={hrefOf("ask", { flow: "run" })}>
            {t("Run a program")}
          </Link>
        </Empty>
      ) : (
        <div className="card-grid">
          {[...alive, ...leftovers].map((sandbox) => (
            <SandboxCard
              key={sandbox.id}
              sandbox={sandbox}
              session={value.sessions.find(({ session }) => session === sandbox.session)}
              busy={busy}
              onStop={() => {
                const name = sandbox.id.slice(0, 12);
                const title = t("Stop {id}?", { id: name });
                void isSure(title, t("Ends its session; what runs in it is lost."), t("Stop")).then((sure) => {
                  if (!sure) return;
                  void act(`sandboxes/${encodeURIComponent(sandbox.id)}/stop`, () =>
                    t("{id} was stopped", { id: name }),
                  );
                });
              }}
            />
          ))}
        </div>
      )}
      <Happened />
    </div>
  );
}

function SandboxCard({
  sandbox,
  session,
  busy,
  onStop,
}: {
  readonly sandbox: SandboxDetails;
  readonly session: SessionEntry | undefined;
  readonly busy: boolean;
  readonly onStop: () => void;
}) {
  const { instance, id, image, state = "running", limits, stats, created, owner, ownerAlive } = sandbox;
  const signedIn = useStore(signIn);
  const foreign =
    limits === undefined && owner !== undefined && signedIn.kind === "in" && owner !== signedIn.session.host;
  const held = sandbox.session !== undefined && sandbox.session !== "";
  return (
    <article className="card" aria-label={t("Sandbox {id}", { id: id.slice(0, 12) })}>
      <header>
        <Source name={instance} />
        <code title={id}>{id.slice(0, 12)}</code>
        <span className="grow" />
        {ownerAlive === false ? (
          <Status status="lost" label={t("left behind")} />
        ) : foreign ? (
          <Status status="stopped" label={t("of another host")} />
        ) : (
          <Status
            status={state === "running" && held ? "ok" : state === "running" ? "pooled" : state}
            label={state === "running" ? (held ? t("in use") : t("waits in the pool")) : t(state)}
          />
        )}
      </header>
      <dl className="facts tight">
        {image === undefined ? null : (
          <div>
            <dt>{t("Image")}</dt>
            <dd title={image}>{image}</dd>
          </div>
        )}
        {created === undefined ? null : (
          <div>
            <dt>{t("Created")}</dt>
            <dd>
              <Ago time={created} />
            </dd>
          </div>
        )}
        {held ? (
          <div>
            <dt>{t("Session")}</dt>
            <dd>
              {sandbox.session}
              {session === undefined
                ? null
                : ` · ${t(session.runs === 1 ? "{n} run" : "{n} runs", { n: session.runs })}`}
            </dd>
          </div>
        ) : null}
        {limits === undefined ? null : (
          <div>
            <dt>{t("Network")}</dt>
            <dd>
              {limits.network} · {limits.runtime}
            </dd>
          </div>
        )}
      </dl>
      {limits === undefined ? null : stats === undefined ? (
        <p className="muted">{t("measuring…")}</p>
      ) : (
        <div className="meters">
          <Meter
            label={t("Processor")}
            value={stats.cpu}
            most={limits.cpus}
            text={t(limits.cpus === 1 ? "{share} % of {n} core" : "{share} % of {n} cores", {
              share: Math.round((stats.cpu / limits.cpus) * 100),
              n: limits.cpus,
            })}
          />
          <Meter
            label={t("Memory")}
            value={stats.memory}
            most={limits.memory}
            text={t("{used} of {all}", { used: bytes(stats.memory), all: bytes(limits.memory) })}
          />
          <Meter
            label={t("Processes")}
            value={stats.pids}
            most={limits.pids}
            text={t("{used} of {all}", { used: count(stats.pids), all: count(limits.pids) })}
          />
        </div>
      )}
      {held && ownerAlive !== false && !foreign ? (
        <footer>
          <Button
            icon="stop"
            kind="danger"
            disabled={busy || !may("operate")}
            hint={t("Ends its session; what runs in it is lost.")}
            onClick={onStop}
          >
            {t("Stop")}
          </Button>
        </footer>
      ) : null}
    </article>
  );
}

/** The latest of what befell sandboxes, in words. */
function Happened() {
  const connected = useStore(client);
  const [events, setEvents] = useState<readonly { readonly seq: number; readonly event: FeedEvent }[]>([]);
  useEffect(() => {
    setEvents([]);
    const subscription = connected
      ?.watch({ filter: { types: ["sandbox-status", "exec-end"] }, history: 30 })
      .subscribe({
        next: ({ entries }) => {
          const fresh = entries.map(({ seq, event }) => ({ seq, event: event as unknown as FeedEvent }));
          if (fresh.length > 0) setEvents((before) => [...before, ...fresh].slice(-30));
        },
        error: () => undefined,
      });
    return () => subscription?.unsubscribe();
  }, [connected]);
  if (events.length === 0) return null;
  return (
    <Section title={t("What happened")}>
      <ol className="happened">
        {events.toReversed().map(({ seq, event }) => (
          <li key={seq}>
            <time dateTime={event.time} className="number muted">
              {clock(event.time)}
            </time>
            <Source name={event.source} />
            <span className={isBad(event) ? "tone-bad" : ""}>
              {event.type === "exec-end" ? t("a program {how}", { how: textOf(event) }) : textOf(event)}
            </span>
            {"run" in event ? <Link href={hrefOf(`runs/${event.run}`)}>{event.run}</Link> : null}
          </li>
        ))}
      </ol>
    </Section>
  );
}

function isBad(event: FeedEvent): boolean {
  return event.type === "exec-end" && event.data.status !== "exited";
}
