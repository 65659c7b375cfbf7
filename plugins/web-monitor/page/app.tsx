import { type ReactNode, useEffect, useRef } from "react";
import { opened } from "./lib/bundles.ts";
import { t, useLanguage } from "./lib/i18n.ts";
import { usePlace } from "./lib/router.ts";
import { session } from "./lib/session.ts";
import { useStore } from "./lib/store.ts";
import { Questions, Toasts } from "./parts/dialog.tsx";
import { Shell } from "./parts/shell.tsx";
import { BundleScreen } from "./screens/bundle.tsx";
import { ChartsScreen } from "./screens/charts.tsx";
import { ChatScreen, OldAskScreen } from "./screens/chat.tsx";
import { ConfigurationScreen } from "./screens/configuration.tsx";
import { EventsScreen } from "./screens/events.tsx";
import { FlowScreen } from "./screens/flow.tsx";
import { HostsScreen } from "./screens/hosts.tsx";
import { LogsScreen } from "./screens/logs.tsx";
import { ModelsScreen } from "./screens/models.tsx";
import { OverviewScreen } from "./screens/overview.tsx";
import { RunScreen } from "./screens/run.tsx";
import { RunsScreen } from "./screens/runs.tsx";
import { SandboxesScreen } from "./screens/sandboxes.tsx";
import { SignInScreen } from "./screens/sign-in.tsx";

interface Screen {
  readonly title: string;
  readonly body: ReactNode;
}

function screenAt(path: string): Screen {
  const [name, id] = path.split("/");
  switch (name) {
    case "chat":
      return { title: t("Chat"), body: <ChatScreen name={id === undefined ? undefined : decodeURIComponent(id)} /> };
    case "ask":
      return { title: t("Chat"), body: <OldAskScreen /> };
    case "runs":
      return id === undefined
        ? { title: t("Runs"), body: <RunsScreen /> }
        : { title: t("Run"), body: <RunScreen key={id} run={decodeURIComponent(id)} /> };
    case "bundle":
      return { title: t("Run from a file"), body: <BundleScreen /> };
    case "logs":
      return { title: t("Logs"), body: <LogsScreen /> };
    case "flow":
      return { title: t("Flow"), body: <FlowScreen name={id === undefined ? undefined : decodeURIComponent(id)} /> };
    case "sandboxes":
      return { title: t("Sandboxes"), body: <SandboxesScreen /> };
    case "hosts":
      return { title: t("Hosts"), body: <HostsScreen /> };
    case "charts":
      return { title: t("Charts"), body: <ChartsScreen /> };
    case "models":
      return { title: t("Models"), body: <ModelsScreen /> };
    case "configuration":
      return { title: t("Configuration"), body: <ConfigurationScreen /> };
    case "events":
      return { title: t("Events"), body: <EventsScreen /> };
    default:
      return { title: t("Overview"), body: <OverviewScreen /> };
  }
}

export function App() {
  useLanguage();
  const { path } = usePlace();
  const state = useStore(session);
  const bundle = useStore(opened);
  const screen = screenAt(path);
  useEffect(() => {
    const [, id] = path.split("/");
    document.title = `${id === undefined ? "" : `${decodeURIComponent(id)} · `}${screen.title} · Sluicebox`;
  }, [screen.title, path]);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another screen is another place to read on
  useEffect(() => {
    if (!first.current) document.getElementById("content")?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);
  if (bundle !== undefined && (state.kind !== "in" || path === "bundle")) {
    if (state.kind !== "in") return <BundleScreen alone />;
  }
  if (state.kind === "loading") return <div className="loading" aria-busy="true" />;
  if (state.kind === "out") return <SignInScreen refusal={state.refusal} />;
  return (
    <>
      <Shell title={screen.title} session={state.session}>
        {screen.body}
      </Shell>
      <Toasts />
      <Questions />
    </>
  );
}
