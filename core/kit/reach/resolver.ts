import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";

/** Addresses of a host name. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Milliseconds of one question to one server of names, and how often it is asked. */
const question = { timeout: 2_000, tries: 3 };
/**
 * Asks the servers of names themselves. The operating system's own call cannot be cancelled. While a server is silent,
 * it would hold one of the four threads that the host also has for files.
 */
export const systemResolver: Resolve = async (name, signal) => {
  signal.throwIfAborted();
  const listed = await fromHostsFile(name);
  if (listed.length > 0) return listed;
  const resolver = new Resolver(question);
  const cancel = () => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = [four, six].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (found.length === 0 && four.status === "rejected") throw four.reason;
    return found;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
};

/** What the machine's own list has, which servers of names do not know. */
async function fromHostsFile(name: string): Promise<readonly string[]> {
  const text = await readFile("/etc/hosts", "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().toLowerCase().split(/\s+/);
    return address !== undefined && names.includes(name.toLowerCase()) ? [address] : [];
  });
}
