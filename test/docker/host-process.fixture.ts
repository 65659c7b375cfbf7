/** A host of its own process for tests: opens a session, starts something, says which container, and waits. */
import { startSandbox } from "./sandbox-kit.ts";

const kit = await startSandbox({}, false);
const session = await kit.open();
session.execute("echo started; sleep 1000", { language: "bash" }).subscribe((event) => {
  if (event.type === "exec-stdout") process.stdout.write(`${session.id}\n`);
});
process.stdin.resume();
