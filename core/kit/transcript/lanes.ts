import { branchAround, type Lane, type Part, type TranscriptNode } from "./parts.ts";
import type { ProgramRecord } from "./program-record.ts";

/**
 * Parts as a tree: branches that run at once lie side by side, each with its own order. A branch that begins again, as it
 * does in a loop, begins a new group of lanes.
 */
export class Lanes<Record extends ProgramRecord> {
  readonly root: Lane<Record> = { branch: "", label: "", status: "running", nodes: [] };
  /** The newest lane of each branch. */
  readonly #newest = new Map<string, Lane<Record>>();

  of(branch: string): Lane<Record> | undefined {
    return branch === "" ? this.root : this.#newest.get(branch);
  }

  begin(branch: string, label: string, seq: number): Lane<Record> {
    const { nodes } = this.#laneOf(branchAround(branch), seq);
    const last = nodes.at(-1);
    const made: Lane<Record> = { branch, label, status: "running", nodes: [] };
    if (last?.kind === "lanes" && !last.lanes.some((lane) => lane.branch === branch)) last.lanes.push(made);
    else nodes.push({ kind: "lanes", seq, lanes: [made] });
    this.#newest.set(branch, made);
    return made;
  }

  end(branch: string, status: Lane["status"], seq: number): void {
    this.#laneOf(branch, seq).status = status;
  }

  /** Beginnings and ends of branches are the lanes themselves. */
  put(part: Part<Record>): void {
    if (part.kind === "note" && (part.event.type === "branch-start" || part.event.type === "branch-end")) return;
    this.#laneOf(part.branch, part.seq).nodes.push({ kind: "part", part } satisfies TranscriptNode<Record>);
  }

  /** The beginning of a branch may be missing where events are. */
  #laneOf(branch: string | undefined, seq: number): Lane<Record> {
    if (branch === undefined || branch === "") return this.root;
    return this.#newest.get(branch) ?? this.begin(branch, branch, seq);
  }
}
