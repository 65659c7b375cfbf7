import type { IconName } from "./icon.tsx";

export interface ScreenEntry {
  readonly name: string;
  readonly icon: IconName;
  readonly title: string;
  /** After `g`. */
  readonly key: string;
}

export const screens: readonly ScreenEntry[] = [
  { name: "overview", icon: "overview", title: "Overview", key: "o" },
  { name: "chat", icon: "ask", title: "Chat", key: "a" },
  { name: "runs", icon: "runs", title: "Runs", key: "r" },
  { name: "logs", icon: "logs", title: "Logs", key: "l" },
  { name: "flow", icon: "flow", title: "Flow", key: "f" },
  { name: "sandboxes", icon: "sandboxes", title: "Sandboxes", key: "s" },
  { name: "hosts", icon: "hosts", title: "Hosts", key: "n" },
  { name: "charts", icon: "charts", title: "Charts", key: "h" },
  { name: "models", icon: "models", title: "Models", key: "m" },
  { name: "configuration", icon: "configuration", title: "Configuration", key: "c" },
  { name: "events", icon: "events", title: "Events", key: "e" },
];
