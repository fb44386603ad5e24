import type { Token } from './ids';

/** This isolate, and what reaches the main one. Part of `Native` in `native.ts`. */
export interface EnvironmentCalls {
  // --- environment.cc, environments.cc ---

  /**
   * Must be called first. `dispatch` gets the tokens of async waits that were notified, on the event
   * loop; `service` runs when somebody asked for it, on the event loop or in the midst of a blocking
   * wait, and must not throw. `pooled`: a worker of this library's own.
   * @returns the thread number of this environment
   */
  setup(dispatch: (tokens: Token[]) => void, service: () => void, main: boolean, pooled: boolean): number;
  /** How often a blocking wait here checks whether the thread is being terminated. */
  checkEvery(ms: number): void;
  /** Has the service function called in so many milliseconds, should this thread be in a blocking wait then; -1: not. */
  alarm(ms: number): void;
  /** Ends every wait of every other thread, now and from now on. */
  stopAll(certain: boolean): void;
  /** Whether an environment was in a blocking wait when `stopAll(true)` was called: it runs no more JavaScript. */
  atRest(environment: number): boolean;
  /** Ends every wait of one environment, now and from now on. False: there is no such. */
  stop(environment: number): boolean;
  isStopping(): boolean;
  /** Has the service function of an environment run soon; 0 names the main thread's. False: there is no such. */
  service(environment: number): boolean;
  serviceAll(): void;
  environmentId(): number;
  /**
   * Blocks until async waits of this environment were notified: their tokens, for the caller to
   * dispatch. Empty: the time passed; null: interrupted.
   */
  waitReady(ms: number): Token[] | null;
  /** Keeps this event loop alive until as many calls of {@link unhold}. */
  hold(): void;
  unhold(): void;

  // --- mailbox.cc: from any thread to the main one ---

  /** Leaves a message for the main thread, whose service must be asked for. False: no memory. */
  mailPost(message: Uint8Array): boolean;
  /** On the main thread: all messages since the last call. */
  mailTake(): Uint8Array[];
  /** On the main thread: what it wants to hear of, as bits. */
  mailListen(bits: number): void;
  mailListening(): number;
}
