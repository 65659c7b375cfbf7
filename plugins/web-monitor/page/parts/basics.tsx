import { type ReactNode, useEffect, useState } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { ago, ahead, duration, exact } from "../lib/format.ts";
import { away, instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { go } from "../lib/router.ts";
import { pastable } from "../lib/run-commands.ts";
import type { Refusal } from "../lib/session.ts";
import { Store, useStore } from "../lib/store.ts";
import { Icon, type IconName } from "./icon.tsx";

const now = new Store(Date.now());
setInterval(() => now.set(Date.now()), 5_000);

export function useNow(): number {
  return useStore(now);
}

/** How long ago, with the exact time on hover and for those who read with their ears. */
export function Ago({ time }: { readonly time: string }) {
  const current = useNow();
  return (
    <time dateTime={time} title={exact(time)}>
      {ago(Date.parse(time), current)}
    </time>
  );
}

/** How long a run has taken: while it goes on until now, and not until its newest event. */
export function Took({
  since,
  last,
  isOver,
}: {
  readonly since?: string;
  readonly last: number;
  readonly isOver: boolean;
}) {
  const current = useNow();
  return duration(isOver || since === undefined ? last : Math.max(last, current - Date.parse(since)));
}

/** When something that waits is over, and how long that is from now. */
export function Until({ time }: { readonly time: string }) {
  const current = useNow();
  return (
    <time dateTime={time} title={exact(time)}>
      {t("until {time}", {
        time: `${exact(time).split(" ").at(-1)?.slice(0, 8)} (${ahead(Date.parse(time), current)})`,
      })}
    </time>
  );
}

const tones: Readonly<Record<string, readonly [IconName, string]>> = {
  ok: ["ok", "ok"],
  starting: ["starting", "busy"],
  running: ["starting", "busy"],
  stopping: ["starting", "quiet"],
  degraded: ["degraded", "warn"],
  failed: ["failed", "bad"],
  timeout: ["clock", "bad"],
  budget: ["degraded", "bad"],
  lost: ["failed", "bad"],
  cancelled: ["stopped", "quiet"],
  stopped: ["stopped", "quiet"],
  exited: ["stopped", "quiet"],
  absent: ["absent", "quiet"],
  paused: ["pause", "warn"],
  waiting: ["waiting", "warn"],
  pooled: ["clock", "quiet"],
};

const unknown: readonly [IconName, string] = ["absent", "quiet"];

/** A state: a shape, a word and a colour. */
export function Status({ status, label }: { readonly status: string; readonly label?: string }) {
  const gone = useStore(away);
  // What is under way is not known while nobody tells.
  const isOpen = status === "running" || status === "starting" || status === "waiting";
  const isUnknown = gone !== undefined && isOpen;
  const [icon, tone] = isUnknown ? unknown : (tones[status] ?? ["info", "quiet"]);
  return (
    <span className={`status tone-${tone}${isOpen && !isUnknown && status !== "waiting" ? " turning" : ""}`}>
      <Icon name={icon} size={14} />
      <span>{isUnknown ? t("not known") : (label ?? t(status))}</span>
    </span>
  );
}

export function Link({
  href,
  children,
  className,
  current = false,
}: {
  readonly href: string;
  readonly children: ReactNode;
  readonly className?: string;
  /** Whether it leads to what is looked at. */
  readonly current?: boolean;
}) {
  return (
    <a
      href={href}
      className={className}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(href);
      }}
    >
      {children}
    </a>
  );
}

interface ButtonProps {
  readonly children?: ReactNode;
  readonly icon?: IconName;
  /** What it does, where it shows an icon alone. */
  readonly label?: string;
  readonly kind?: "primary" | "plain" | "danger";
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  /** Why it is disabled, or more about what it does. */
  readonly hint?: string;
  readonly onClick: () => void;
}

export function Button({ children, icon, label, kind, pressed, disabled, hint, onClick }: ButtonProps) {
  return (
    <button
      type="button"
      className={`button${kind === undefined ? "" : ` ${kind}`}${children === undefined ? " square" : ""}`}
      aria-label={label}
      aria-pressed={pressed}
      title={hint ?? label}
      disabled={disabled}
      onClick={onClick}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {children === undefined ? null : <span>{children}</span>}
    </button>
  );
}

/** Nothing to see yet, and what to do about it. */
export function Empty({
  icon,
  title,
  children,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <p className="empty-title">{title}</p>
      {children === undefined ? null : <div className="empty-more">{children}</div>}
    </div>
  );
}

export function RefusalNote({ refusal }: { readonly refusal: Refusal }) {
  return (
    <div className="note bad" role="alert">
      <Icon name="failed" />
      <div>
        <p>{refusal.message}</p>
        {refusal.cure === "" ? null : <p className="muted">{refusal.cure}</p>}
      </div>
    </div>
  );
}

/** The same on the command line. */
export function Command({ text: written }: { readonly text: string }) {
  const text = pastable(written);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      className="command"
      title={t("Copy as command")}
      onClick={() =>
        void navigator.clipboard?.writeText(text).then(
          () => setCopied(true),
          () => undefined,
        )
      }
    >
      <span aria-hidden="true">$</span>
      <code>{cutText(text, 200)}</code>
      <Icon name={copied ? "check" : "copy"} size={14} />
      <span className="hidden" role="status">
        {copied ? t("copied") : ""}
      </span>
    </button>
  );
}

export function Section({
  title,
  children,
  actions,
  id,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  readonly id?: string;
}) {
  return (
    <section className="section" aria-label={title} id={id}>
      <header className="section-head">
        <h2>{title}</h2>
        {actions === undefined ? null : <div className="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** A colour for a source: those of one host differ as long as there are colours. */
export function toneOf(source: string): string {
  const place = instances.get().findIndex(({ id }) => id === source);
  if (place >= 0) return `var(--series-${place % 8})`;
  let sum = 0;
  for (const character of source) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 997;
  return `var(--series-${sum % 8})`;
}

export function Source(props: SourceProps) {
  // A colour is an instance's place, which is known a moment after what is drawn first.
  useStore(instances);
  return <SourceMark {...props} />;
}

interface SourceProps {
  readonly name: string;
  readonly label?: string;
}

/** The same for many that come and go at once: who draws them all looks out for the instances. */
export function SourceMark({ name, label = name }: SourceProps) {
  return (
    <span className="source">
      <i style={{ background: toneOf(name) }} />
      {label}
    </span>
  );
}
