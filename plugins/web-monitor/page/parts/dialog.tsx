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
