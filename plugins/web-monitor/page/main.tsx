import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./styles/index.ts";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { openBundle } from "./lib/bundles.ts";
import { readBundle } from "./lib/run-model.ts";
import { signIn } from "./lib/session.ts";
import "./lib/theme.ts";

const carried = document.getElementById("sluice-bundle")?.textContent;
if (carried === undefined || carried === null) void signIn();
else openBundle(readBundle(carried));

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App />);
