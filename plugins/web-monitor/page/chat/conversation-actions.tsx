import { useState } from "react";
import { t } from "../lib/i18n.ts";
import { go, hrefOf } from "../lib/router.ts";
import { refusalOf, request } from "../lib/session.ts";
import type { ConversationEntry } from "../lib/use-conversation.ts";
import { Button } from "../parts/basics.tsx";
import { Dialog, isSure, say } from "../parts/dialog.tsx";

/** Gives the conversation that is open another name, or takes it from the list. */
export function ConversationActions({
  conversation: { name, title, running },
  onChanged,
}: {
  readonly conversation: ConversationEntry;
  readonly onChanged: () => void;
}) {
  const [isNaming, setNaming] = useState(false);
  const path = `conversations/${encodeURIComponent(name)}`;
  const act = async (work: () => Promise<unknown>) => {
    try {
      await work();
      onChanged();
      return true;
    } catch (error) {
      say(refusalOf(error).message, "bad");
      return false;
    }
  };
  const remove = async () => {
    const lost = t("Its sandbox ends, with variables and files. Its runs stay under Runs as long as any run does.");
    if (!(await isSure(t("Remove this conversation?"), lost, t("Remove")))) return;
    if (await act(() => request("DELETE", path))) go(hrefOf("chat"));
  };
  return (
    <span className="conversation-actions">
      <Button icon="edit" kind="plain" label={t("Rename this conversation")} onClick={() => setNaming(true)} />
      <Button
        icon="close"
        kind="plain"
        label={t("Remove this conversation")}
        disabled={running.length > 0}
        onClick={() => void remove()}
      />
      {isNaming ? (
        <NameDialog
          before={title}
          onClose={() => setNaming(false)}
          onName={(next) => {
            setNaming(false);
            void act(() => request("POST", path, { title: next }));
          }}
        />
      ) : null}
    </span>
  );
}

function NameDialog({
  before,
  onName,
  onClose,
}: {
  readonly before: string;
  readonly onName: (name: string) => void;
  readonly onClose: () => void;
}) {
  const [name, setName] = useState(before);
  return (
    <Dialog title={t("Rename this conversation")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onName(name);
        }}
      >
        <label className="field">
          <span>{t("Name")}</span>
          <input value={name} maxLength={120} dir="auto" onChange={(event) => setName(event.target.value)} />
        </label>
        <p className="muted">{t("Without a name it is called by its first question.")}</p>
        <div className="actions spread">
          <Button onClick={onClose}>{t("Not yet")}</Button>
          <button type="submit" className="button primary">
            {t("Rename")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
