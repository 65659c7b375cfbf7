/** A package's own tests, as its makers ship them, with everything they need; all of it pinned. */
export interface Suite {
  readonly language: "python" | "javascript";
  /** Whose tests they are: a source distribution of PyPI, or a package of npm. */
  readonly source: string;
  /** What the tests need beside it. */
  readonly needs: readonly string[];
  /** What the runner is told: where the tests are and, for pytest, its options. */
  readonly args: readonly string[];
  /** Whether a cell starts another interpreter for them. IPython's tests make a shell, and a cell's process has one. */
  readonly apart?: boolean;
}

const PYTEST = ["pytest==7.4.4", "pluggy==1.6.0", "iniconfig==2.1.0", "packaging==25.0"];
const TAPE = ["tape@5.9.0"];

export const SUITES: Readonly<Record<string, Suite>> = {
  /** The version is that of the image. */
  ipython: {
    language: "python",
    source: "ipython==8.35.0",
    needs: [...PYTEST, "pytest-asyncio==0.21.2", "testpath==0.6.0", "pickleshare==0.7.5"],
    args: ["IPython/core/tests", "-p", "no:cacheprovider"],
    apart: true,
  },
  "more-itertools": {
    language: "python",
    source: "more-itertools==10.7.0",
    needs: PYTEST,
    args: ["tests", "-p", "no:cacheprovider"],
  },
  toolz: { language: "python", source: "toolz==1.0.0", needs: PYTEST, args: ["toolz", "-p", "no:cacheprovider"] },
  jinja2: {
    language: "python",
    source: "jinja2==3.1.6",
    needs: [
      ...PYTEST,
      "markupsafe==3.0.2",
      "trio==0.30.0",
      "attrs==25.3.0",
      "sortedcontainers==2.4.0",
      "idna==3.10",
      "outcome==1.3.0.post0",
      "sniffio==1.3.1",
    ],
    args: ["tests", "-p", "no:cacheprovider"],
  },
  minimist: { language: "javascript", source: "minimist@1.2.8", needs: TAPE, args: ["test"] },
  "fast-uri": { language: "javascript", source: "fast-uri@3.1.0", needs: [...TAPE, "ajv@8.17.1"], args: ["test"] },
  "find-my-way": {
    language: "javascript",
    source: "find-my-way@9.3.0",
    needs: ["proxyquire@2.1.3", "rfdc@1.4.1"],
    args: ["test", "--test"],
  },
};
