import { useId } from "react";
import type { Seed } from "../lib/asked.ts";
import type { Turn } from "../lib/conversation-tree.ts";
import { forgetDraft, useDraft } from "../lib/drafts.ts";
import { t } from "../lib/i18n.ts";
import { setQuery } from "../lib/router.ts";
import { stdinInWords } from "../lib/stdin-words.ts";
import { Button, RefusalNote } from "../parts/basics.tsx";
import { isSending } from "./keys.ts";
import { send } from "./send.ts";
import { useSeed } from "./use-followed.ts";

/** Asks a question otherwise, of everybody who answered it. */
export function EditQuestion({ turn }: { readonly turn: Turn }) {
  const { seed, failure } = useSeed(turn.chosen.run);
  if (failure !== undefined) return <RefusalNote refusal={failure} />;
  if (seed === undefined) return <div className="skeleton" aria-busy="true" />;
  return <Form turn={turn} seed={seed} />;
}

function Form({ turn, seed }: { readonly turn: Turn; readonly seed: Seed }) {
  const id = useId();
  const name = `edit ${seed.run}`;
  const [{ text }, change] = useDraft(name, { text: seed.text });
  const close = () => setQuery({ edit: undefined });
  const submit = async () => {
    if (text.trim() === "") return;
    const sessions = new Map(turn.columns.map(({ flow, shown }) => [flow, shown.session]));
    const asked = await send({
      ...{ flows: turn.columns.map(({ flow }) => flow), text, seed, continues: turn.parent },
      ...(seed.isCode ? { language: seed.language ?? "python" } : {}),
      session: (flow) => sessions.get(flow),
    });
    if (asked === undefined) return;
    forgetDraft(name);
    setQuery({ edit: undefined, at: undefined });
  };
  return (
    <form
      className="question editing"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label className="hidden" htmlFor={id}>
        {t("The question")}
      </label>
      <textarea
        id={id}
        autoFocus
        className={seed.isCode ? "mono" : ""}
        spellCheck={!seed.isCode}
        rows={Math.min(16, text.split("\n").length + 1)}
        value={text}
        onChange={(event) => change({ text: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === "Escape") close();
          if (isSending(event, seed.isCode)) {
            event.preventDefault();
            void submit();
          }
        }}
      />
      <small className="muted">
        {t("The old question stays beside it. Variables and files are as they are now.")}{" "}
        {seed.files.length === 0 ? null : t("with {files}", { files: seed.files.join(", ") })}{" "}
        {seed.stdin === undefined ? null : stdinInWords(seed.stdin)}{" "}
        {seed.gone.map((path) => t("{path} is gone", { path })).join(", ")}
      </small>
      <div className="actions">
        <button type="submit" className="button primary" disabled={text.trim() === ""}>
          {t("Ask")}
        </button>
        <Button onClick={close}>{t("Leave it")}</Button>
      </div>
    </form>
  );
}
