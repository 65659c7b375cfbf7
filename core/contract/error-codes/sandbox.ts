import type { ErrorEntry } from "./entry.ts";

export const sandboxErrors = {
  SLUICE_DOCKER_UNAVAILABLE: {
    class: "unavailable",
    retryable: true,
    when: "The Docker engine cannot be reached.",
    cure: "Start Docker (`dockerd`, or the desktop application), or set DOCKER_HOST; `sluice doctor` tells more.",
  },
  SLUICE_DOCKER_FAILED: {
    class: "unavailable",
    retryable: true,
    when: "The Docker engine refused a request.",
    cure: "Read the engine's message; `sluice doctor` tells more.",
  },
  SLUICE_SANDBOX_IMAGE_MISSING: {
    class: "unavailable",
    retryable: false,
    when: "The sandbox image or its base is not there and cannot be fetched.",
    cure: "Run `sluice sandbox base`, then `sluice sandbox build`.",
  },
  SLUICE_SANDBOX_BUILD_FAILED: {
    class: "unavailable",
    retryable: false,
    when: "Building the sandbox image failed; the old image is untouched.",
    cure: "Read the step's last lines; behind a TLS-inspecting proxy set build.caCertificates: host.",
  },
  SLUICE_SANDBOX_NOT_APPLIED: {
    class: "unavailable",
    retryable: false,
    when: "The engine did not apply a limit that the profile asks for; the container was refused.",
    cure: "Use an engine that supports the field named, or loosen that field in the profile by name.",
  },
  SLUICE_SANDBOX_BIND_REFUSED: {
    class: "invalid",
    retryable: false,
    when: "A path of `binds:` would hand the host to the sandbox, or is not there.",
    cure: "Name a folder of your own files; no socket, nothing of /proc, /sys, /dev or /run, and no folder that holds them.",
  },
  SLUICE_SANDBOX_START_FAILED: {
    class: "unavailable",
    retryable: true,
    when: "A container did not become ready.",
    cure: "See the reason; `sluice doctor` checks the engine.",
  },
  SLUICE_SANDBOX_RUNTIME_MISSING: {
    class: "unavailable",
    retryable: false,
    when: "The container runtime asked for is not registered with the engine.",
    cure: "Install and register the runtime, or leave runtime: runc.",
  },
  SLUICE_SANDBOX_APPARMOR_MISSING: {
    class: "unavailable",
    retryable: false,
    when: "The AppArmor profile that the profile names is not loaded on the engine's machine.",
    cure: "Load it there (apparmor_parser -r FILE, as root), or leave apparmor: out; `sluice doctor` says how.",
  },
  SLUICE_SANDBOX_LOST: {
    class: "unavailable",
    retryable: true,
    when: "The container or its supervisor ended without being asked to.",
    cure: "Run again; if it repeats, see the container's memory limit and the engine's log.",
  },
  SLUICE_SANDBOX_LANGUAGE: {
    class: "invalid",
    retryable: false,
    when: "No interpreter for this language is in the image.",
    cure: "Use python, javascript or bash, a program of the image, or add its package with packages:.",
  },
  SLUICE_PROGRAM_ENV: {
    class: "usage",
    retryable: false,
    when: "An environment variable cannot be given to the program.",
    cure: "Use letters, digits and underscores, no name of the loader (LD_*), and 128 KiB in all; see docs/promises.md.",
  },
  SLUICE_SANDBOX_ENV: {
    class: "invalid",
    retryable: false,
    when: "The sandbox of the flow gives programs no environment variables.",
    cure: "Leave --env and --env-from away, or run the code in a docker-sandbox.",
  },
  SLUICE_SANDBOX_BUSY: {
    class: "conflict",
    retryable: true,
    when: "The session already runs something.",
    cure: "Wait for it, or cancel it.",
  },
  SLUICE_SANDBOX_CLOSED: {
    class: "unavailable",
    retryable: false,
    when: "The sandbox session is closed.",
    cure: "Open a new one.",
  },
  SLUICE_FILE_NOT_FOUND: {
    class: "not-found",
    retryable: false,
    when: "The workspace has no such file.",
    cure: "List the files of the workspace first.",
  },
  SLUICE_FILE_OUTSIDE: {
    class: "invalid",
    retryable: false,
    when: "A path leaves the workspace.",
    cure: "Use a path relative to the workspace, without .. and \\, and without links that leave it.",
  },
  SLUICE_FILE_TOO_LARGE: {
    class: "limit",
    retryable: false,
    when: "A file is over the limit; nothing was written.",
    cure: "Use a smaller file, or raise workspace: in the sandbox's options.",
  },
  SLUICE_FILE_FAILED: {
    class: "unavailable",
    retryable: true,
    when: "A file could not be written or read in the workspace.",
    cure: "See the reason; the workspace may be full.",
  },
} as const satisfies Record<string, ErrorEntry>;
