/**
 * Worker processes that take tasks from one queue: what ProcessPoolExecutor and Pool are made of.
 *
 * No manager sits between: a task goes into the queue, a worker takes it, and completes the future itself.
 * This side starts the workers, and notices their ends: in its service function, which the end of a
 * child has run on the event loop or in the midst of any blocking wait of this library.
 */
import { isMainThread } from 'node:worker_threads';
import { type AsyncOptions } from '../arguments';
import { importable } from '../callables';
import { discard, encode, type EncodeOptions, encodeToScratch } from '../codec';
import { onService } from '../environment';
import { RuntimeError } from '../errors';
import { onBeforeExit } from '../host';
import { native, PlaceState, START } from '../native';
import { BrokenProcessPool } from '../../concurrent/futures/errors';
import { Future } from '../../concurrent/futures/future';
import type { work } from '../../concurrent/futures/process_pool_worker';
import { CellClass } from '../cell';
import type { InitializerMessage } from '../../concurrent/futures/thread_pool_worker';
import { Process } from '../../multiprocessing/process';
import { CrewCell } from './crew_cell';
import { afterFork, beforeChildren } from './exit';
import { requireProcesses } from './supported';

const WORK = importable<typeof work>(`${__dirname}/../../concurrent/futures/process_pool_worker.js`, 'work');

const DIED = 'A process in the process pool was terminated abruptly while the future was running or pending.';
const UNUSABLE = 'A child process terminated abruptly, the process pool is not usable anymore';
const INITIALIZER_FAILED = 'A process initializer failed, the process pool is not usable anymore';
/** So many workers may fail to come up, one after the other, before nobody tries any more. */
const STARTS_MAX = 8;

/** What makes a worker; `Process`'s constructor of a context. */
export type ProcessClass = new (options: {
  target: typeof work;
  args: unknown[];
  daemon: boolean;
  name?: string | undefined;
}) => Process;

export interface CrewSettings {
  /** Workers at most. */
  max: number;
  /** Tasks that each does at most. */
  tasks: number | undefined;
  initializer: InitializerMessage | undefined;
  /** A pool's: as many workers as there may be, from the beginning on, which end with this process and are replaced when they die. */
  daemon: boolean;
  Process: ProcessClass | undefined;
}

const crews = new Set<Crew>();

/** A queue of tasks, and the processes that do them. */
export class Crew {
  private readonly cell: CrewCell;
  private readonly workers = new Map<number, Process>();
  private shut = false;
  private broken: string | undefined;
  private failedStarts = 0;
  /** Its workers were told to end in the midst of their work. */
  terminated = false;

  constructor(private readonly settings: CrewSettings) {
    requireProcesses(settings.daemon ? 'Pool' : 'ProcessPoolExecutor');
    // Who has left keeps a place until its process has ended.
    this.cell = CrewCell.make(settings.max + Math.min(settings.max, 64));
    crews.add(this);
    if (settings.daemon) {
      try {
        this.fill();
      } catch (error) {
        this.terminate();
        throw error;
      }
    }
  }

  /** @throws RuntimeError after {@link shutdown}; BrokenProcessPool */
  check(): void {
    if (this.broken !== undefined) throw new BrokenProcessPool(this.broken);
    if (this.shut) throw new RuntimeError('cannot schedule new futures after shutdown');
    if ((process as { _exiting?: boolean })._exiting === true) throw afterExit();
  }

  /**
   * @param task - the arguments, then the function's text
   * @returns its future, which has failed already where the task can not be sent
   */
  submit(task: unknown[], options?: EncodeOptions): Future {
    this.check();
    let bytes: Uint8Array;
    let length: number;
    try {
      ({ bytes, length } = encodeToScratch(task, options?.transfer ? { ...options, process: true } : TO_PROCESS));
    } catch (error) {
      // What can not be sent hurts only its own future.
      const failed = new Future();
      failed.set_exception(error);
      return failed;
    }
    const answer = native.crewSubmit(this.cell.cell, bytes, length, this.settings.max);
    if (answer < 0) {
      discard(bytes.slice(0, length));
      throw afterExit();
    }
    if (answer < START) return Future._of(answer);
    const future = Future._of(answer % START);
    try {
      this.start(Math.floor(answer / START) - 1);
    } catch (error) {
      future.cancel();
      throw error;
    }
    return future;
  }

  /** Fails a future. @returns what stops the work for it, by killing the process, in whose place another comes */
  readonly expire = (future: Future, reason: unknown): (() => void) => {
    const { _cell: cell } = future;
    // The cell must not become another future's before its worker has been looked for.
    const held = cell !== 0 && native.attach(cell, native.generation(cell), CellClass.Future);
    const failed = future._fail(reason);
    return () => {
      const place = failed && held ? native.crewStop(this.cell.cell, cell) : -1;
      if (held) native.detach(cell);
      if (place >= 0) this.workers.get(place)?.kill();
    };
  };

  /** Takes no more work. */
  shutdown(cancel: boolean): void {
    this.shut = true;
    native.crewShutDown(this.cell.cell, cancel);
    this.attend();
  }

  /** Ends the workers. All that is not done fails. */
  terminate(error: Error = new BrokenProcessPool('the pool was terminated')): void {
    this.shut = true;
    this.terminated = true;
    const bytes = encode(error);
    native.crewBreak(this.cell.cell, bytes, bytes.length);
    this.signal(false);
  }

  /** Sends the workers a signal. */
  signal(kill: boolean): void {
    for (const worker of this.workers.values()) {
      if (kill) worker.kill();
      else worker.terminate();
    }
  }

  /** Until there are no workers. */
  join(): void {
    this.attend();
    while (this.workers.size > 0) {
      for (const worker of this.processes) worker.join();
      this.attend();
    }
  }

  async join_async(options?: AsyncOptions): Promise<void> {
    this.attend();
    while (this.workers.size > 0) {
      await Promise.all(this.processes.map((worker) => worker.join_async(options ?? {})));
      this.attend();
    }
  }

  /** The workers that have not ended. */
  get processes(): Process[] {
    return [...this.workers.values()];
  }

  /** Whether it ends with the program. */
  get isDaemon(): boolean {
    return this.settings.daemon;
  }

  /** How many tasks are queued or being done. */
  get load(): number {
    return native.crewLoad(this.cell.cell);
  }

  /** Sees to the workers that have ended. */
  attend(): void {
    let ended = 0;
    for (const [place, worker] of this.workers) {
      if (worker.is_alive()) continue;
      ended++;
      this.workers.delete(place);
      this.ended(place, worker.exitcode);
    }
    if (ended > 0) this.refill();
    if (this.shut && this.workers.size === 0) crews.delete(this);
  }

  private ended(place: number, code: number | undefined): void {
    const { cell } = this.cell;
    const was = native.crewVacate(cell, place);
    if (was === PlaceState.left || was === PlaceState.doomed) return;
    if (was === PlaceState.spoiled) {
      this.break(INITIALIZER_FAILED, INITIALIZER_FAILED);
      return;
    }
    const bytes = encode(new BrokenProcessPool(DIED));
    native.crewFailTask(cell, place, bytes, bytes.length);
    // Idle with an error: it came up, and its loop never began.
    const failed = was === PlaceState.starting || (was === PlaceState.idle && code === 1);
    this.failedStarts = failed ? this.failedStarts + 1 : 0;
    if (this.terminated || (this.settings.daemon && this.failedStarts < STARTS_MAX)) return;
    // An idle one is not missed where nothing is left to do.
    if (was === PlaceState.idle && this.shut && this.load === 0) return;
    this.break(DIED, UNUSABLE);
  }

  private break(pending: string, later: string): void {
    this.broken = later;
    const bytes = encode(new BrokenProcessPool(pending));
    native.crewBreak(this.cell.cell, bytes, bytes.length);
    this.signal(true);
  }

  private refill(): void {
    if (this.broken !== undefined || this.terminated) return;
    try {
      this.fill();
    } catch (error) {
      this.break(`no process can be started in place of one that has ended: ${String(error)}`, UNUSABLE);
    }
  }

  /** Starts the workers that are wanted. */
  private fill(): void {
    const { max, daemon } = this.settings;
    for (;;) {
      const place = native.crewPlace(this.cell.cell, max, daemon && !this.shut);
      if (place < 0) return;
      this.start(place);
    }
  }

  private start(place: number): void {
    const { tasks, initializer, daemon, Process: Class = Process } = this.settings;
    try {
      const worker = new Class({ target: WORK, args: [this.cell, place, tasks, initializer], daemon });
      if (daemon) worker.name = worker.name.replace('Process', 'PoolWorker');
      worker.start();
      this.workers.set(place, worker);
    } catch (error) {
      native.crewVacate(this.cell.cell, place);
      throw error;
    }
  }

  /** At the end of the program. */
  finish(): void {
    if (this.settings.daemon) {
      this.terminate();
      return;
    }
    this.shutdown(false);
    this.join();
  }
}

const TO_PROCESS: EncodeOptions = { process: true };

function afterExit(): RuntimeError {
  return new RuntimeError('cannot schedule new futures after interpreter shutdown');
}

onService(() => {
  for (const crew of crews) crew.attend();
});

// Workers of a parent that forked are no children of this process.
afterFork(() => crews.clear());

if (isMainThread) {
  beforeChildren(() => {
    for (const crew of [...crews]) crew.finish();
  });
  // The program has come to its end, but what was submitted is done, and callbacks hear of it.
  onBeforeExit(() => {
    for (const crew of crews) {
      if (crew.isDaemon || crew.load === 0) continue;
      crew.shutdown(false);
      void crew.join_async();
    }
  });
}
