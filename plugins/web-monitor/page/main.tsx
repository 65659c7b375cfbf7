import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./styles/index.ts";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { openBundle, openShared } from "./lib/bundles.ts";
import { readBundle } from "./lib/run-model.ts";
import { signIn } from "./lib/session.ts";
import "./lib/theme.ts";

const carried = document.getElementById("sluice-bundle")?.textContent;
const share = /^#share=([\w-]+)$/.exec(location.hash)?.[1];
if (carried !== undefined && carried !== null) openBundle(readBundle(carried));
else if (share !== undefined) void openShared(share);
else void signIn();

const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App />);
