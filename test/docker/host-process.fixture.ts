/** A host of its own process for tests: opens a session, starts something, says which container, and waits. */
import { startSandbox } from "./sandbox-kit.ts";

/** With it, the engine keeps the container's input open when this process is gone. */
const keepsInput = process.argv.includes("keep-input");
const more = keepsInput ? { weaken: (create: object) => ({ ...create, StdinOnce: false }) as never } : {};
const kit = await startSandbox({}, false, undefined, more);
const session = await kit.open();
session.execute("echo started; sleep 1000", { language: "bash" }).subscribe((event) => {
  if (event.type === "exec-stdout") process.stdout.write(`${session.id}\n`);
});
process.stdin.resume();
