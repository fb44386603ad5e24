/** What a process of a crew does: takes task after task from the crew's queue. */
import { decode, encodeError, encodeToScratch, inCall, registerErrorClass } from '../../internal/codec';
import { native, type CellId, type Token } from '../../internal/native';
import type { CrewCell } from '../../internal/process/crew_cell';
import { stackText } from '../../internal/text';
import { noteBaseline } from '../../internal/worker/leftovers';
import { awaitedClasses } from '../../internal/library_classes';
import { resolveFirst } from '../../internal/worker/message';
import { State } from './states';
import { call, type Mode, SCRATCH_BYTES, TaskLoop } from './task_loop';
import { initialize, type InitializerMessage, RETURN_VALUE } from './thread_pool_worker';

const TO_PROCESS = { process: true };

/**
 * The cause of an error that came from another process, unless it has one of its own: the stack that it
 * had there, as text.
 */
export class RemoteTraceback extends Error {
  constructor(text: string) {
    super(`\n"""\n${text}\n"""`);
    this.stack = `RemoteTraceback: ${this.message}`;
  }
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'RemoteTraceback', writable: true, configurable: true });
  }
}
registerErrorClass(RemoteTraceback, 'futures.RemoteTraceback', __filename);

/** The target of a crew's processes. `tasks`: after so many the process ends. */
export async function work(
  { cell }: CrewCell,
  place: number,
  tasks: number | undefined,
  initializer: InitializerMessage | undefined,
): Promise<void> {
  // It ends with who started it, also where that is killed.
  native.processFollowParent(true);
  native.queueMemory();
  if (!native.crewEnter(cell, place)) return;
  if (initializer && !(await initialize(() => initializer))) {
    native.crewLeave(cell, place, true);
    process.exit(1);
  }
  noteBaseline();
  await new Promise<void>((resolve, reject) => {
    setImmediate(new CrewLoop(resolve, reject, cell, place, tasks ?? Infinity).turn);
  });
}

const scratch = new Uint8Array(SCRATCH_BYTES + 4);
const futureCell = new Uint32Array(scratch.buffer, SCRATCH_BYTES, 1);

class CrewLoop extends TaskLoop {
  private future: CellId = 0;

  constructor(
    end: () => void,
    fail: (error: unknown) => void,
    private readonly crew: CellId,
    private readonly place: number,
    private left: number,
  ) {
    super(end, fail);
  }

  protected override next(mode: Mode): number | Uint8Array | undefined | null {
    const next = this.left > 0 ? native.crewNext(this.crew, this.place, mode, scratch) : undefined;
    if (next !== undefined) return next;
    return native.crewLeave(this.crew, this.place, false) ? undefined : null;
  }

  protected override nextAsync(): Token | 0 {
    return native.crewNextAsync(this.crew);
  }

  protected override run(message: number | Uint8Array): unknown {
    this.left--;
    this.future = futureCell[0]!;
    const args = (typeof message === 'number' ? decode(scratch, message) : decode(message)) as unknown[];
    const known = resolveFirst(args.pop() as string);
    const late = awaitedClasses();
    if (typeof known === 'function' && late === undefined) return call(known, args);
    return Promise.all([known, late]).then(([fn]) => call(fn, args));
  }

  protected override settle(state: number, outcome: unknown): void {
    if (state === State.exception) {
      this.settleError(outcome);
      return;
    }
    try {
      if (typeof outcome === 'number' || outcome === undefined) {
        this.complete(state, outcome, 0);
        return;
      }
      const { bytes, length } = encodeToScratch(outcome, TO_PROCESS);
      this.complete(state, bytes, length);
    } catch (error) {
      // What can not be sent hurts only its own future.
      this.settleError(inCall(error, '', RETURN_VALUE));
    }
  }

  private settleError(error: unknown): void {
    try {
      if (error instanceof Error && error.cause === undefined && Object.isExtensible(error)) {
        const value = new RemoteTraceback(stackText(error));
        Object.defineProperty(error, 'cause', { value, writable: true, configurable: true, enumerable: false });
      }
    } catch {
      // Getters of its own, or a proxy's traps: it goes without.
    }
    const bytes = encodeError(error, TO_PROCESS);
    this.complete(State.exception, bytes, bytes.length);
  }

  private complete(state: number, outcome: number | Uint8Array | undefined, length: number): void {
    native.crewSettle(this.crew, this.place, this.future, state, outcome, length);
  }
}
