import { type ReactNode, useEffect, useRef } from "react";
import { t } from "../lib/i18n.ts";
import { Store, useStore } from "../lib/store.ts";
import { Button } from "./basics.tsx";

/** Over everything, or at the side; `Esc` and a click beside it close it, and the focus goes back to where it was. */
export function Dialog({
  title,
  kind = "dialog",
  onClose,
  children,
}: {
  readonly title: string;
  readonly kind?: "dialog" | "drawer" | "palette";
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog by itself
    <dialog
      ref={element}
      className={kind}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div className="dialog-inner">
        {kind === "palette" ? null : (
          <header className="dialog-head">
            <h2>{title}</h2>
            <Button icon="close" label={t("Close")} kind="plain" onClick={onClose} />
          </header>
        )}
        {children}
      </div>
    </dialog>
  );
}

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "ok" | "bad";
}

const toasts = new Store<readonly Toast[]>([]);
let ids = 0;

/** Says in passing that something was done, or was not. */
export function say(text: string, tone: Toast["tone"] = "ok"): void {
  ids += 1;
  const toast = { id: ids, text, tone };
  toasts.update((all) => [...all.slice(-3), toast]);
  setTimeout(() => toasts.update((all) => all.filter((each) => each !== toast)), tone === "bad" ? 8_000 : 4_000);
}

export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, tone }) => (
        <p key={id} className={`toast tone-${tone}`}>
          {text}
        </p>
      ))}
    </div>
  );
}

interface Question {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly answer: (sure: boolean) => void;
}

const question = new Store<Question | undefined>(undefined);

/** Asks before something is done that cannot be taken back. */
export function isSure(title: string, text: string, action: string): Promise<boolean> {
  return new Promise((resolve) => {
    question.get()?.answer(false);
    question.set({
      ...{ title, text, action },
      answer: (sure) => {
        question.set(undefined);
        resolve(sure);
      },
    });
  });
}

export function Questions() {
  const asked = useStore(question);
  if (asked === undefined) return null;
  const { title, text, action, answer } = asked;
  return (
    <Dialog title={title} onClose={() => answer(false)}>
      <p>{text}</p>
      <div className="actions spread">
        <Button onClick={() => answer(false)}>{t("Not yet")}</Button>
        <Button kind="danger" onClick={() => answer(true)}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
