import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Role } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";

/** Two models that answer by script, one that is absent, one that fails, and what an instance needs to be looked at. */
const plugins = `# A profile with comments, which must outlive every change.
version: 1
plugins:
  # The careful one.
  careful:
    use: llm-scripted
    with:
      model: careful-1
      delay: 8ms # between two pieces
      script:
        - { when: "wait", text: "I am thinking about it.", hang: true }
        - { when: "figure", text: "I will draw the waves.", code: "import numpy as np, matplotlib.pyplot as plt\\nx = np.linspace(0, 12, 400)\\nfor k in (1, 2, 3):\\n    plt.plot(x, np.sin(x * k) / k, label=f'wave {k}')\\nplt.legend(); plt.title('Three waves'); plt.show()\\nopen('waves.csv', 'w').write('a,b\\\\n1,2\\\\n')" }
        - { when: "evil", text: "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>", code: "print('\\\\x1b[31mred\\\\x1b[0m <b>not bold</b> <script>window.hacked=true</script>')" }
        - { when: "rows", text: "I print sixty rows.", code: "import time\\nfor i in range(60):\\n    print('row', i, flush=True)\\n    time.sleep(0.03)" }
        - { when: "NameError", text: "A slip: the name was misspelt. I define it first.", code: "answer = 6 * 7\\nprint('The answer is', answer)" }
        - { when: "The answer is 42|Three waves|waves.csv|red", text: "The program ran, and this is what came of it. Nothing more is to be done." }
        - { when: "times", text: "I will compute it with a short program.", code: "print('The answer is', anser)" }
        - "Hello. Ask me what 6 times 7 is, or for a figure."
      repeat: true
  quick:
    use: llm-scripted
    with: { model: quick-mini, delay: 2ms, script: ["It is 42. I did not run anything, but I am fairly sure."], repeat: true }
  broken:
    use: llm-scripted
    with: { model: broken-9, script: [{ text: "I begin, and", error: { status: 529, message: "overloaded for now" } }], repeat: true }
  cloud: { use: llm-openai, optional: true, with: { model: gpt-5.2, apiKey: "\${env:MONITOR_TEST_KEY}" } }
`;

const sandbox = `  # It fails while others are at work.
  faller:
    use: llm-scripted
    with: { model: faller-1, delay: 300ms, script: [{ text: "I begin, and", error: { status: 529, message: "overloaded for now" } }], repeat: true }
  # Where programs run.
  box:
    use: docker-sandbox
    with: { image: sandbox-image, cpus: 1, memory: 256m, pids: 64, timeout: 300s, pool: 1 } # one waits ready
`;

const transports = (port: string) => `  transport: { use: websocket, with: { listen: "${port}" } }
  monitor: { use: web-monitor, with: { listen: "${port}", sample: 1s } }
`;

const flows = (docker: boolean, more: string) => `flows:
${docker ? "  run: box\n  chat: { loop: [{ fallback: [cloud, careful] }, box], until: done, max: 6 }\n  lanes: { all: [[careful, box], { fallback: [faller, quick] }] }\n" : "  chat: { fallback: [cloud, careful] }\n"}  answer: quick
  rescue: { fallback: [broken, quick] }
  both: { all: [careful, quick] }
${more.includes("priced:") ? "  costly: priced\n  first: { race: [[careful, box], quick], until: first }\n" : ""}`;

export interface MonitorOptions {
  readonly docker?: boolean;
  readonly store?: boolean;
  /** More lines under `plugins:`, and under `flows:`. */
  readonly more?: string;
  readonly flows?: string;
}

/** A real host with its page, and a browser that looks at it. */
export class Monitor implements AsyncDisposable {
  host: Host;
  readonly folder: string;
  readonly profile: string;
  readonly address: string;
  readonly #browser: Browser;

  private constructor(host: Host, folder: string, profile: string, browser: Browser) {
    this.host = host;
    this.folder = folder;
    this.profile = profile;
    this.address = host.addresses[0] ?? "";
    this.#browser = browser;
  }

  static async start(options: MonitorOptions = {}): Promise<Monitor> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-monitor-"));
    mkdirSync(join(folder, "home"));
    const profile = join(folder, "sluice.yaml");
    const docker = options.docker ?? false;
    const port = `127.0.0.1:${await freePort()}`;
    writeFileSync(
      profile,
      plugins +
        (docker ? sandbox : "") +
        transports(port) +
        (options.more ?? "") +
        flows(docker, options.more ?? "") +
        (options.flows ?? ""),
    );
    return new Monitor(await hostOf(folder, profile), folder, profile, await launch());
  }

  /** The host stops, and `meanwhile` it is away; then another one serves the same profile. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    await this.host.close({ drain: 0 });
    await meanwhile();
    this.host = await hostOf(this.folder, this.profile);
  }

  get text(): string {
    return readFileSync(this.profile, "utf8");
  }

  /** A one-time link of a role, as `sluice monitor` gets it. */
  async link(role: Role = "configure"): Promise<string> {
    const response = await fetch(`${this.address}/monitor/api/links`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.host.info.token}` },
      body: JSON.stringify({ role }),
    });
    return ((await response.json()) as { link: string }).link;
  }

  /** A page that is signed in and live. */
  async open(path = "overview", options: OpenOptions = {}): Promise<Page> {
    const { role, context = await this.context(options) } = options;
    const page = await context.newPage();
    // An event is waited for, however slow the machine is.
    page.setDefaultTimeout(60_000);
    await page.goto(await this.link(role));
    await page.getByText("live", { exact: true }).first().waitFor();
    if (path !== "overview") await page.goto(`${this.address}/monitor/${path}`);
    await page.getByText("live", { exact: true }).first().waitFor();
    return page;
  }

  context(options: OpenOptions = {}): Promise<BrowserContext> {
    const { width = 1280, height = 800, theme = "light", language = "en-GB" } = options;
    return this.#browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      locale: language,
      reducedMotion: "reduce",
      acceptDownloads: true,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.host.close({ drain: 0 });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function hostOf(folder: string, profile: string): Promise<Host> {
  return createHost({
    profile,
    cwd: folder,
    env: { SLUICE_HOME: join(folder, "home") },
    transports: true,
  });
}

export interface OpenOptions {
  readonly role?: Role;
  readonly context?: BrowserContext;
  readonly width?: number;
  readonly height?: number;
  readonly theme?: "light" | "dark";
  readonly language?: string;
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** The profile names a port, because the page and the wire share it. */
export async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
