import { type ReactNode, useEffect, useState } from "react";
import { clock, duration, rate } from "../lib/format.ts";
import { away, connect, connection, figures, instances, paused } from "../lib/hub.ts";
import { language, t } from "../lib/i18n.ts";
import { notifying, startNotifying } from "../lib/notifications.ts";
import { go, hrefOf, usePlace } from "../lib/router.ts";
import { type Session, signOut } from "../lib/session.ts";
import { useStore } from "../lib/store.ts";
import { nextTheme, theme } from "../lib/theme.ts";
import { Button, Link } from "./basics.tsx";
import { say } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { Keys } from "./keys.tsx";
import { screens } from "./screens.ts";

export function Shell({
  title,
  session,
  children,
}: {
  readonly title: string;
  readonly session: Session;
  readonly children: ReactNode;
}) {
  const gone = useStore(away);
  return (
    <div className={`shell${gone === undefined ? "" : " away"}`}>
      <a className="skip" href="#content">
        {t("Skip to the content")}
      </a>
      <Rail />
      <div className="frame">
        <TopBar title={title} />
        <Banners session={session} />
        {gone === undefined ? null : (
          <div className="banner" role="status">
            <Icon name="degraded" />
            <span>
              {t("The host does not answer. What stands here is of {time}.", {
                time: clock(new Date(gone).toISOString()),
              })}
            </span>
          </div>
        )}
        <main id="content" tabIndex={-1}>
          {children}
        </main>
      </div>
      <Keys />
    </div>
  );
}

function Rail() {
  const { path } = usePlace();
  const [current] = path.split("/");
  const chosen = useStore(theme);
  const spoken = useStore(language);
  const { runs } = useStore(figures);
  const broken = useStore(instances).filter(({ status }) => status === "failed" || status === "degraded").length;
  const gone = useStore(away);
  const badges: Readonly<Record<string, number>> = gone === undefined ? { runs, overview: broken } : {};
  return (
    <aside className="rail" aria-label="Sluicebox">
      <Link href={hrefOf("overview")} className="brand">
        <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M6 11c3.300-3 6.700-3 10 0s6.700 3 10 0M6 18c3.300-3 6.700-3 10 0s6.700 3 10 0M6 25c3.300-3 6.700-3 10 0s6.700 3 10 0" />
        </svg>
        <span>Sluicebox</span>
      </Link>
      <nav aria-label={t("Screens")}>
        {screens.map(({ name, icon, title }) => {
          const here = (current === "" ? "overview" : current === "bundle" ? "runs" : current) === name;
          const badge = badges[name] ?? 0;
          return (
            <a
              key={name}
              href={hrefOf(name)}
              className="rail-link"
              title={t(title)}
              aria-current={here ? "page" : undefined}
              onClick={(event) => follow(event, hrefOf(name))}
            >
              <Icon name={icon} />
              <span>{t(title)}</span>
              {badge === 0 ? null : <b className={`badge${name === "overview" ? " bad" : ""}`}>{badge}</b>}
            </a>
          );
        })}
      </nav>
      <div className="rail-foot">
        <Button
          icon={chosen === "auto" ? "auto" : chosen === "light" ? "sun" : "moon"}
          label={t("Theme: {theme}", { theme: t(chosen) })}
          kind="plain"
          onClick={nextTheme}
        />
        <Button
          icon="language"
          label={spoken === "en" ? "切换到中文" : "Switch to English"}
          kind="plain"
          onClick={() => language.set(spoken === "en" ? "zh" : "en")}
        />
        <NotificationButton />
        <Button icon="sign" label={t("Sign out")} kind="plain" onClick={() => void signOut()} />
      </div>
    </aside>
  );
}

function NotificationButton() {
  const on = useStore(notifying) === "on";
  return (
    <Button
      icon={on ? "bell" : "silent"}
      label={on ? t("Tell me nothing") : t("Tell me of ends, failures and questions while I look elsewhere")}
      kind="plain"
      pressed={on}
      onClick={() => {
        if (on) notifying.set("off");
        else
          void startNotifying().then((given) => {
            if (!given) say(t("The browser does not allow notifications of this page."), "bad");
          });
      }}
    />
  );
}

function follow(event: React.MouseEvent, href: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(href);
}

function TopBar({ title }: { readonly title: string }) {
  const { runs, history } = useStore(figures);
  const halted = useStore(paused);
  const gone = useStore(away);
  const events = history.at(-1)?.events ?? 0;
  return (
    <header className="top">
      <h1>{title}</h1>
      <div className="top-right">
        <Pill />
        <span className="counter number">
          <b>{gone === undefined ? runs : "–"}</b> {t("{n|run|runs}", { n: runs })}
        </span>
        <span className="counter number">
          <b>{gone === undefined ? rate(events) : "–"}</b> {t("events")}
        </span>
        <Button
          icon={halted ? "play" : "pause"}
          label={halted ? t("Go on") : t("Pause the page")}
          pressed={halted}
          onClick={() => paused.set(!halted)}
        />
        <Button
          icon="search"
          label={t("Search and commands (Ctrl+K)")}
          onClick={() => window.dispatchEvent(new Event("sluice-palette"))}
        />
      </div>
    </header>
  );
}

/** How the connection is; read aloud when it changes. */
function Pill() {
  const { state, since } = useStore(connection);
  const halted = useStore(paused);
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (state === "open") return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [state]);
  if (state === "closed") {
    return (
      <Button icon="restart" kind="danger" onClick={connect}>
        {t("Not connected: connect")}
      </Button>
    );
  }
  const live = state === "open";
  const kind = live ? (halted ? "warn" : "ok") : "bad";
  const text = live
    ? t(halted ? "paused" : "live")
    : t("reconnecting, {time}", { time: duration(Math.max(1000, now - since)) });
  return (
    <span className={`pill tone-${kind}`} role="status">
      <i className={live && !halted ? "beating" : ""} />
      {text}
    </span>
  );
}

function Banners({ session }: { readonly session: Session }) {
  if (session.role === "configure") return null;
  const texts = {
    read: t("Read-only: this link may look, and change nothing."),
    run: t("This link may look and start runs."),
    operate: t("This link may look, start and steer runs, but not change the profile."),
  };
  return (
    <div className="banner">
      <Icon name="info" />
      <span>{texts[session.role]}</span>
    </div>
  );
}
