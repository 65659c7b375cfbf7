import { useState } from "react";
import { t } from "../lib/i18n.ts";
import { may } from "../lib/session.ts";
import type { Change, ProfileDraft } from "../lib/use-profile.ts";
import { Button, Status } from "./basics.tsx";
import { Dialog, say } from "./dialog.tsx";
import { DiffView } from "./diff-view.tsx";

/** What is not applied yet, and what applying it would do. */
export function ApplyBar({ draft }: { readonly draft: ProfileDraft }) {
  const { profile, text, check, checking, editing, conflict } = draft;
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const changed = profile !== undefined && (editing || text !== profile.text);
  const errors = check.problems.filter(({ severity }) => severity === "error").length;
  const act = async (work: ProfileDraft["apply"], done: string) => {
    setBusy(true);
    const outcome = await work();
    setBusy(false);
    setOpen(false);
    sayOutcome(outcome, done);
  };
  return (
    <div className="apply-bar" role="region" aria-label={t("Changes")}>
      <Verdict draft={draft} changed={changed} errors={errors} />
      <div className="actions">
        {profile?.undo === true && !changed ? (
          <Button
            icon="undo"
            disabled={busy || !may("configure")}
            onClick={() => void act(draft.undo, t("Taken back."))}
          >
            {t("Undo")}
          </Button>
        ) : null}
        <Button disabled={!changed} onClick={() => setOpen(true)}>
          {t("Difference")}
        </Button>
        <Button disabled={!changed || busy} onClick={() => void draft.reload()}>
          {t("Discard")}
        </Button>
        <Button
          kind="primary"
          // Who has just written goes on to apply it: what is not judged yet is judged in the dialog.
          disabled={!changed || busy || (errors > 0 && !checking) || !may("configure")}
          onClick={() => setOpen(true)}
        >
          {t("Apply…")}
        </Button>
      </div>
      {open ? (
        <ApplyDialog
          draft={draft}
          errors={errors}
          disabled={busy || checking || errors > 0}
          onClose={() => setOpen(false)}
          onApply={() => void act(draft.apply, t("Applied and written."))}
        />
      ) : null}
      {conflict ? <ConflictDialog draft={draft} /> : null}
    </div>
  );
}

/** Tells the outcome of a change. */
function sayOutcome(outcome: Awaited<ReturnType<ProfileDraft["apply"]>>, done: string): void {
  if (outcome?.status === "applied")
    say(
      outcome.changes.some(({ action }) => action === "host")
        ? `${done} ${t("A part of it waits for a restart of the host.")}`
        : done,
    );
  else if (outcome?.status === "rejected") say(t("Not applied: the profile has problems."), "bad");
  else if (outcome?.status === "rolled-back") {
    const [reason] = outcome.problems;
    say(`${t("Not applied: everything is as it was.")} ${reason?.message ?? ""}`, "bad");
  }
}

function Verdict({
  draft: { check, checking },
  changed,
  errors,
}: {
  readonly draft: ProfileDraft;
  readonly changed: boolean;
  readonly errors: number;
}) {
  return (
    <div className="apply-text" aria-live="polite">
      {!changed ? (
        <span className="muted">{t("Nothing changed. What is applied is written to the file; comments stay.")}</span>
      ) : checking ? (
        <span className="muted">{t("checking…")}</span>
      ) : errors > 0 ? (
        <Status status="failed" label={t("{n|# problem|# problems}", { n: errors })} />
      ) : (
        <Changes changes={check.changes} />
      )}
    </div>
  );
}

function ApplyDialog({
  draft,
  errors,
  disabled,
  onClose,
  onApply,
}: {
  readonly draft: ProfileDraft;
  readonly errors: number;
  readonly disabled: boolean;
  readonly onClose: () => void;
  readonly onApply: () => void;
}) {
  return (
    <Dialog title={t("Apply these changes?")} onClose={onClose}>
      <Verdict draft={draft} changed errors={errors} />
      <DiffView before={draft.profile?.text ?? ""} after={draft.text} />
      <div className="actions spread">
        <Button onClick={onClose}>{t("Not yet")}</Button>
        <Button kind="primary" disabled={disabled || !may("configure")} onClick={onApply}>
          {t("Apply")}
        </Button>
      </div>
    </Dialog>
  );
}

function ConflictDialog({ draft }: { readonly draft: ProfileDraft }) {
  return (
    <Dialog title={t("The file was changed meanwhile")} onClose={() => void draft.reload()}>
      <p>{t("Somebody else wrote to the profile since it was read here. Nothing of yours was written.")}</p>
      <div className="actions spread">
        <Button onClick={() => void navigator.clipboard?.writeText(draft.text)}>{t("Copy my text")}</Button>
        <Button kind="primary" onClick={() => void draft.reload()}>
          {t("Read it again")}
        </Button>
      </div>
    </Dialog>
  );
}

function effectOf(id: string, action: Change["action"]): string {
  switch (action) {
    case "live":
      return t("live");
    case "restart":
      return t("restarts {id}", { id });
    case "add":
      return t("is added");
    case "drop":
      return t("goes");
    case "host":
      return t("with the next start of the host");
  }
}

function Changes({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) return <span className="muted">{t("Only the text differs; nothing would change.")}</span>;
  return (
    <ul className="changes">
      {changes.map(({ instance, action, options }) => (
        <li key={instance}>
          <b>{instance}</b> <span className="mono">{options.join(", ")}</span>{" "}
          <em className={`chip ${action === "live" ? "tone-ok" : "tone-warn"}`}>{effectOf(instance, action)}</em>
        </li>
      ))}
    </ul>
  );
}
