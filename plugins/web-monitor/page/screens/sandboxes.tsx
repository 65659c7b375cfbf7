import { useEffect, useState } from "react";
import type { FeedEvent } from "../../../../core/client/index.ts";
import { clock } from "../lib/format.ts";
import { client } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { textOf } from "../lib/log-buffer.ts";
import { hrefOf } from "../lib/router.ts";
import { may, refusalOf, request } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { useApi } from "../lib/use-api.ts";
import { Button, Command, Empty, Link, RefusalNote, Section, Source } from "../parts/basics.tsx";
import { isSure, say } from "../parts/dialog.tsx";
import { nameOf, SandboxCard, type SandboxDetails, type SessionEntry } from "../parts/sandbox-card.tsx";

/** What a person does to sandboxes, one thing at a time. */
function useActions(reload: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const act = async (path: string, done: (answer: { removed?: string[] }) => string) => {
    setBusy(true);
    try {
      say(done(await request<{ removed?: string[] }>("POST", path, {})));
    } catch (error) {
      say(refusalOf(error).message, "bad");
    }
    // What was stopped is offered until it is known to be gone.
    await reload();
    setBusy(false);
  };
  const stop = async (sandbox: SandboxDetails) => {
    const name = nameOf(sandbox);
    const lost = t("Ends its session; what runs in it is lost.");
    if (!(await isSure(t("Stop {id}?", { id: name }), lost, t("Stop")))) return;
    await act(`sandboxes/${encodeURIComponent(sandbox.id)}/stop`, () => t("{id} was stopped", { id: name }));
  };
  const clean = () =>
    act("sandboxes-clean", ({ removed = [] }) => t("{n|# leftover|# leftovers} removed", { n: removed.length }));
  return { busy, clean, stop };
}

export function SandboxesScreen() {
  const { value, refusal, reload } = useApi<{ sandboxes: SandboxDetails[]; sessions: SessionEntry[] }>(
    "sandboxes",
    1_000,
  );
  const { busy, clean, stop } = useActions(reload);
  const all = value?.sandboxes ?? [];
  const leftovers = all.filter(({ ownerAlive }) => ownerAlive === false);
  const alive = all.filter(({ ownerAlive }) => ownerAlive !== false);
  return (
    <div className="screen">
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      <div className="toolbar">
        <p className="summary">
          {t("Sandboxes")} <b className="number">{alive.length}</b> · {t("Sessions")}{" "}
          <b className="number">{value?.sessions.length ?? 0}</b>
        </p>
        <CleanButton leftovers={leftovers.length} disabled={busy} onClick={() => void clean()} />
        <Command text="sluice sandbox list" />
      </div>
      {value === undefined ? (
        <div className="skeleton tall" aria-busy="true" />
      ) : all.length === 0 ? (
        <NoSandbox />
      ) : (
        <div className="card-grid">
          {[...alive, ...leftovers].map((sandbox) => (
            <SandboxCard
              key={sandbox.id}
              sandbox={sandbox}
              session={value.sessions.find(({ session }) => session === sandbox.session)}
              busy={busy}
              onStop={() => void stop(sandbox)}
            />
          ))}
        </div>
      )}
      <Happened />
    </div>
  );
}

function NoSandbox() {
  return (
    <Empty icon="sandboxes" title={t("No sandbox is open")}>
      <p>{t("One opens when a run needs it; with a pool, some wait ready.")}</p>
      <Link className="button primary" href={hrefOf("chat", { flow: "run" })}>
        {t("Run a program")}
      </Link>
    </Empty>
  );
}

function CleanButton({
  leftovers,
  disabled,
  onClick,
}: {
  readonly leftovers: number;
  readonly disabled: boolean;
  readonly onClick: () => void;
}) {
  if (leftovers === 0) return null;
  return (
    <Button
      icon="close"
      disabled={disabled || !may("operate")}
      hint={t("Removes what hosts left behind that are no longer alive.")}
      onClick={onClick}
    >
      {t("Clean {n|# leftover|# leftovers}", { n: leftovers })}
    </Button>
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
