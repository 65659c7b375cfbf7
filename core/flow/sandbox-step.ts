import { catchError, concatMap, defer, EMPTY, from, Observable, of, tap, throwError } from "rxjs";
import type { CodeBlock, Conversation } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import type { Emission, EventData } from "../contract/event.ts";
import type { ExecEvent, ExecuteOptions, SessionSpec } from "../contract/sandbox.ts";
import { contained } from "../kit/untrusted/contained.ts";
import { demandEventShape } from "../kit/untrusted/event-shape.ts";
import { cellsOf, type NotebookCell } from "./notebook.ts";
import type { Step, Turn } from "./step.ts";

/**
 * A sandbox runs the code of the last answer, or of the input. Without code it does nothing. Several blocks run one
 * after the other, up to the first that fails.
 */
export function sandboxStep(id: string, mode: SessionSpec["mode"]): Step {
  return (turn) =>
    defer(() => {
      const blocks = codeToRun(turn.conversation);
      if (blocks.length === 0) return EMPTY;
      let failed = false;
      const asked = turn.conversation.messages.at(-1)?.role === "user";
      const notebook = asked && blocks[0]?.language === "notebook";
      // What comes with the input is for the input's program; what a model writes has none.
      const stdin = asked && !notebook ? turn.scope.stdin() : undefined;
      const { env } = turn.scope;
      const guarded = asked ? [] : blocks.filter((block) => turn.scope.guards(block));
      const options = {
        ...(stdin ? { stdin } : {}),
        ...(asked && env ? { env } : {}),
        ...(notebook ? { cell: true } : {}),
      };
      const programs = () => {
        if (notebook) {
          const cells = cellsOf(blocks[0]?.code ?? "");
          return cells[0]?.language === "typescript" ? joined(cells) : cells;
        }
        const approved = asked ? blocks : blocks.map((block) => asApproved(block, turn));
        return mode === "fresh" ? joined(approved) : approved;
      };
      // What has been approved is known when it begins.
      const run = defer(() => from<readonly ProgramBlock[]>(programs())).pipe(
        // Looked at when its turn comes: the blocks are all there at once.
        concatMap((block) =>
          failed || turn.scope.signal.aborted ? EMPTY : execution({ id, block, mode, options }, turn),
        ),
        // A language without an interpreter is the model's mistake, and the model can mend it.
        catchError((thrown: unknown) => {
          const error = SluiceError.from(thrown);
          const mendable =
            error.code === "SLUICE_SANDBOX_LANGUAGE" && turn.conversation.messages.at(-1)?.role === "model";
          return mendable ? of(emission(id, turn, { type: "error", data: error.toBody() })) : throwError(() => thrown);
        }),
        tap((event) => {
          if (event.type === "exec-end") failed = hasFailed(event.data) && !event.data.excused;
        }),
      );
      if (guarded.length === 0) return run;
      return from(refusal(id, guarded, turn)).pipe(concatMap((refused) => (refused ? of(refused) : run)));
    });
}

/** Asks about each block. They belong together: one that is refused stops all, and models are told. */
async function refusal(id: string, blocks: readonly CodeBlock[], turn: Turn): Promise<Emission | undefined> {
  for (const { code, language } of blocks) {
    const question = { message: `Run this ${language} code?`, code, language };
    const { approved, message } = await turn.scope.ask(id, question, turn.branch);
    if (approved) continue;
    const error = new SluiceError("SLUICE_CODE_REFUSED", `It was refused${message ? `: ${message}` : ""}.`);
    return emission(id, turn, { type: "error", data: error.toBody() });
  }
  return undefined;
}

/** A block that runs. */
interface ProgramBlock extends NotebookCell {
  /** Whether a person changed what the model wrote. */
  readonly edited?: boolean;
}

/** A block as whoever approved it wants it. */
function asApproved(block: CodeBlock, { scope }: Turn): ProgramBlock {
  const code = scope.edited(block);
  return code === undefined ? block : { ...block, code, edited: true };
}

/** The blocks that nobody has run yet: those of the last message. */
function codeToRun(conversation: Conversation): readonly CodeBlock[] {
  const last = conversation.messages.at(-1);
  if (last?.role === "user") return last.code ? [last.code] : [];
  if (last?.role === "model") return last.code;
  return [];
}

/**
 * A fresh interpreter keeps nothing between two programs, so neighbouring blocks of one language are one program. No
 * interpreter keeps anything between two of TypeScript.
 */
function joined(blocks: readonly ProgramBlock[]): readonly ProgramBlock[] {
  const programs: ProgramBlock[] = [];
  for (const block of blocks) {
    const last = programs.at(-1);
    if (last?.language === block.language && block.file === undefined) {
      const edited = last.edited || block.edited ? { edited: true } : {};
      programs[programs.length - 1] = { ...last, ...edited, code: `${last.code}\n${block.code}` };
    } else {
      programs.push(block);
    }
  }
  return programs;
}

interface Execution {
  readonly id: string;
  readonly block: ProgramBlock;
  readonly mode: SessionSpec["mode"];
  readonly options: Pick<ExecuteOptions, "stdin" | "cell" | "env">;
}

function execution({ id, block, mode, options }: Execution, turn: Turn): Observable<Emission> {
  const { scope } = turn;
  const { code, edited, mayFail, ...program } = block;
  return defer(() => from(scope.sandbox(id, mode))).pipe(
    concatMap((session) => {
      if (options.env && session.takesEnv !== true) {
        throw new SluiceError("SLUICE_SANDBOX_ENV", `the sandbox ${id} gives programs no environment variables`);
      }
      const stop = new AbortController();
      return new Observable<Emission>((subscriber) => {
        const activity = scope.running({ stop: () => stop.abort(), session, source: id, branch: turn.branch });
        const timeout = scope.remaining();
        const subscription = session
          .execute(code, {
            ...program,
            ...options,
            interactive: scope.interactive,
            ...(timeout === undefined ? {} : { timeout }),
            signal: AbortSignal.any([scope.signal, stop.signal]),
            pressure: () => scope.pressure(),
          })
          .subscribe({
            next: contained(
              (event: ExecEvent) => subscriber.next(emission(id, turn, marked(event, { edited, mayFail }))),
              (error) => subscriber.error(error),
            ),
            error: (error) => subscriber.error(error),
            complete: () => subscriber.complete(),
          });
        return () => {
          subscription.unsubscribe();
          activity[Symbol.dispose]();
        };
      });
    }),
  );
}

/** The model is told, and whoever reads the run. */
function marked(event: ExecEvent, { edited, mayFail }: Pick<ProgramBlock, "edited" | "mayFail">): ExecEvent {
  if (edited && event.type === "exec-start") return { ...event, data: { ...event.data, edited: true } };
  // A cell that ran out of time or took its interpreter along is no exception that somebody expected.
  const excused = mayFail && event.type === "exec-end" && event.data.status === "exited" && hasFailed(event.data);
  return excused ? { ...event, data: { ...event.data, excused: true } } : event;
}

function hasFailed({ status, exitCode }: EventData["exec-end"]): boolean {
  return status !== "exited" || exitCode !== 0;
}

function emission(source: string, { branch }: Turn, event: Pick<Emission, "type" | "data">): Emission {
  demandEventShape(source, event.type, event.data);
  return { source, ...(branch === undefined ? {} : { branch }), ...event } as Emission;
}
