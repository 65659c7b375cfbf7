import { useEffect, useRef, useState } from "react";
import { together } from "../chat/added-files.tsx";
import { useChosenFiles } from "../chat/chosen-files.ts";
import { Composer, type ComposerProps } from "../chat/composer.tsx";
import { Conversations } from "../chat/conversations.tsx";
import { SessionPanel } from "../chat/session-panel.tsx";
import { useChatKeys } from "../chat/shortcuts.ts";
import { RunsAlone, Turns } from "../chat/turns.tsx";
import { useSeed } from "../chat/use-followed.ts";
import { runsInPlace } from "../lib/asked.ts";
import { type TurnRecord, turnsOf } from "../lib/conversation-tree.ts";
import { useEndInSight } from "../lib/end-in-sight.ts";
import type { FlowEntry } from "../lib/flow-entry.ts";
import { t } from "../lib/i18n.ts";
import { go, hrefOf, usePlace } from "../lib/router.ts";
import { may } from "../lib/session.ts";
import { useApi } from "../lib/use-api.ts";
import { useConversation } from "../lib/use-conversation.ts";
import { Empty, Link, RefusalNote } from "../parts/basics.tsx";

const nothing: readonly TurnRecord[] = [];

/** Conversations with models and sandboxes: the list, the turns of one, and where the next question is written. */
export function ChatScreen({ name }: { readonly name: string | undefined }) {
  useChatKeys();
  return (
    <div className="screen chat">
      <Conversations current={name} />
      {name === undefined ? <NewConversation /> : <OneConversation key={name} name={name} />}
    </div>
  );
}

/** Where questions were asked before there were conversations. */
export function OldAskScreen() {
  const { query } = usePlace();
  useEffect(() => go(hrefOf("chat", Object.fromEntries(query)), true), [query]);
  return null;
}

function NewConversation() {
  const { query } = usePlace();
  const alone = runsInPlace(query);
  return (
    <Main name={undefined} runs={nothing} open={[]} place={alone.join()}>
      {alone.length > 0 ? (
        <RunsAlone runs={alone} />
      ) : (
        <Empty icon="ask" title={t("What shall be done?")}>
          <p>{t("What is asked here shares its variables and files, and is remembered.")}</p>
        </Empty>
      )}
    </Main>
  );
}

function OneConversation({ name }: { readonly name: string }) {
  const { turns, isWhole, open, refusal } = useConversation(name);
  return (
    <Main name={name} runs={turns} open={open} place={name}>
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      {turns === undefined ? (
        refusal === undefined ? (
          <div className="skeleton tall" aria-busy="true" />
        ) : null
      ) : turns.length === 0 ? (
        <Empty icon="ask" title={t("Nothing was asked here yet")} />
      ) : (
        <Turns runs={turns} isWhole={isWhole} />
      )}
    </Main>
  );
}

/** What was said, and below it what is said next; files may be dropped anywhere. */
function Main({
  name,
  runs,
  open,
  place,
  children,
}: {
  readonly name: string | undefined;
  /** Undefined while they are not known. */
  readonly runs: readonly TurnRecord[] | undefined;
  /** Sessions that have a sandbox now. */
  readonly open: readonly string[];
  readonly place: string;
  readonly children: React.ReactNode;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const [files, setFiles] = useChosenFiles(name ?? "");
  const [over, setOver] = useState(false);
  const toEnd = useEndInSight(scroller, place);
  return (
    <section
      className={`chat-main${over ? " dropping" : ""}`}
      aria-label={t("Conversation")}
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setOver(false);
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        setFiles((before) => together(before, event.dataTransfer.files));
      }}
    >
      <div className="turns" ref={scroller} role="log" aria-live="off" aria-label={t("Conversation")} tabIndex={0}>
        <div className="turns-body">{children}</div>
      </div>
      {may("run") && runs !== undefined ? (
        <Next {...{ name, runs, open, files }} onFiles={setFiles} onSent={toEnd} />
      ) : null}
    </section>
  );
}

/** Words may be dragged into the field as ever. */
function hasFiles({ dataTransfer }: React.DragEvent): boolean {
  return dataTransfer.types.includes("Files");
}

function Next({ name, runs, open, files, onFiles, onSent }: Omit<ComposerProps, "flows" | "seed" | "last">) {
  const { query } = usePlace();
  const { value, refusal } = useApi<{ flows: FlowEntry[] }>("flows");
  const from = query.get("from");
  const { seed, failure } = useSeed(from);
  useEffect(() => {
    if (seed?.session !== undefined && name === undefined && from !== null)
      go(hrefOf(`chat/${encodeURIComponent(seed.session.replace(/~[2-8]$/, ""))}`, { from }), true);
  }, [seed, name, from]);
  const last = turnsOf(runs, query.get("at") ?? undefined).at(-1);
  if (refusal !== undefined) return <RefusalNote refusal={refusal} />;
  if (value === undefined || (from !== null && seed === undefined && failure === undefined))
    return <div className="skeleton" aria-busy="true" />;
  if (value.flows.length === 0) {
    return (
      <Empty icon="flow" title={t("The profile has no flow")}>
        <p>{t("Add one under flows: in the profile.")}</p>
        <Link className="button primary" href={hrefOf("configuration")}>
          {t("Configuration")}
        </Link>
      </Empty>
    );
  }
  return (
    <>
      {failure === undefined ? null : <RefusalNote refusal={failure} />}
      {last !== undefined && open.includes(last.chosen.session) ? (
        <SessionPanel session={last.chosen.session} flows={value.flows} last={last} />
      ) : null}
      <Composer
        key={`${from} ${query.get("flow")}`}
        {...{ name, runs, open, seed, last, files, onFiles, onSent }}
        flows={value.flows}
      />
    </>
  );
}
