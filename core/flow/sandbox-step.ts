import { catchError, concatMap, defer, EMPTY, from, Observable, of, takeWhile, tap, throwError } from "rxjs";
import type { CodeBlock, Conversation } from "../contract/conversation.ts";
import { SluiceError } from "../contract/errors.ts";
import type { Emission } from "../contract/event.ts";
import type { ExecEvent, SessionSpec } from "../contract/sandbox.ts";
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
      const programs = mode === "fresh" ? joined(blocks) : blocks;
      return from(programs).pipe(
        takeWhile(() => !failed && !turn.scope.signal.aborted),
        concatMap((block) => execution(id, block, mode, turn)),
        // A language without an interpreter is the model's mistake, and the model can mend it.
        catchError((thrown: unknown) => {
          const error = SluiceError.from(thrown);
          const mendable =
            error.code === "SLUICE_SANDBOX_LANGUAGE" && turn.conversation.messages.at(-1)?.role === "model";
          return mendable ? of(emission(id, turn, { type: "error", data: error.toBody() })) : throwError(() => thrown);
        }),
        tap((event) => {
          if (event.type === "exec-end") failed = event.data.status !== "exited" || event.data.exitCode !== 0;
        }),
      );
    });
}

/** The blocks that nobody has run yet: those of the last message. */
function codeToRun(conversation: Conversation): readonly CodeBlock[] {
  const last = conversation.messages.at(-1);
  if (last?.role === "user") return last.code ? [last.code] : [];
  if (last?.role === "model") return last.code;
  return [];
}

/** A fresh interpreter keeps nothing between two programs, so neighbouring blocks of one language are one program. */
function joined(blocks: readonly CodeBlock[]): readonly CodeBlock[] {
  const programs: CodeBlock[] = [];
  for (const block of blocks) {
    const last = programs.at(-1);
    if (last?.language === block.language) {
      programs[programs.length - 1] = { ...last, code: `${last.code}\n${block.code}` };
    } else {
      programs.push(block);
    }
  }
  return programs;
}

function execution(id: string, block: CodeBlock, mode: SessionSpec["mode"], turn: Turn): Observable<Emission> {
  const { scope } = turn;
  return defer(() => from(scope.sandbox(id, mode))).pipe(
    concatMap((session) => {
      const stop = new AbortController();
      return new Observable<Emission>((subscriber) => {
        const activity = scope.running({ stop: () => stop.abort(), session });
        const timeout = scope.remaining();
        const subscription = session
          .execute(block.code, {
            language: block.language,
            ...(timeout === undefined ? {} : { timeout }),
            signal: AbortSignal.any([scope.signal, stop.signal]),
            pressure: () => scope.pressure(),
          })
          .subscribe({
            next: (event: ExecEvent) => subscriber.next(emission(id, turn, event)),
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

function emission(source: string, { branch }: Turn, event: Pick<Emission, "type" | "data">): Emission {
  return { source, ...(branch === undefined ? {} : { branch }), ...event } as Emission;
}
