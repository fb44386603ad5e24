/** What `multiprocessing` says about its processes, and what programs want to say in the same place. */
import { integerArgument } from '../internal/arguments';
import { ValueError } from '../internal/errors';
import { aboutMe, noteAbout } from '../internal/process/about';

/** Python's levels, and those that `multiprocessing` adds. */
const LEVELS = { NOTSET: 0, SUBDEBUG: 5, DEBUG: 10, INFO: 20, SUBWARNING: 25, WARNING: 30, ERROR: 40, CRITICAL: 50 };
export type LevelName = keyof typeof LEVELS;

function levelArgument(method: string, level: unknown): number {
  if (typeof level !== 'string') return integerArgument(method, 'level', level, LEVELS.NOTSET);
  if (!Object.hasOwn(LEVELS, level)) throw new ValueError(`${method}(): unknown level '${level}'`);
  return LEVELS[level as LevelName];
}

function nameOf(level: number): string {
  return Object.entries(LEVELS).find(([, number]) => number === level)?.[0] ?? `Level ${level}`;
}

/**
 * The part of Python's `logging.Logger` that needs no other part of that package. Its state is the process's, whichever
 * thread asks, and children that are started later begin with it.
 */
class Logger {
  readonly name = 'multiprocessing';

  /** The lowest level that is told of; as a number, or Python's name of it. */
  setLevel(level: number | LevelName): void {
    note({ level: levelArgument('Logger.setLevel', level) });
  }
  /** The level below which nothing is logged. */
  getEffectiveLevel(): number {
    // Of the root logger, where nothing is set.
    return aboutMe().log?.level || LEVELS.WARNING;
  }
  /** Whether something of that level is logged. */
  isEnabledFor(level: number | LevelName): boolean {
    return levelArgument('Logger.isEnabledFor', level) >= this.getEffectiveLevel();
  }

  /** Writes `[INFO/Process-1] message` to stderr where {@link log_to_stderr} was called; else warnings and worse, plainly. */
  log(level: number | LevelName, message: unknown): void {
    const number = levelArgument('Logger.log', level);
    if (!this.isEnabledFor(number)) return;
    const { log, name } = aboutMe();
    if (log?.toStderr) process.stderr.write(`[${nameOf(number)}/${name}] ${String(message)}\n`);
    else if (number >= LEVELS.WARNING) process.stderr.write(`${String(message)}\n`);
  }
  /** Logs for who looks for a mistake. */
  debug(message: unknown): void {
    this.log(LEVELS.DEBUG, message);
  }
  /** Logs what goes as it should. */
  info(message: unknown): void {
    this.log(LEVELS.INFO, message);
  }
  /** Logs what may be a mistake. */
  warning(message: unknown): void {
    this.log(LEVELS.WARNING, message);
  }
  /** Logs what failed. */
  error(message: unknown): void {
    this.log(LEVELS.ERROR, message);
  }
  /** Logs what can not go on. */
  critical(message: unknown): void {
    this.log(LEVELS.CRITICAL, message);
  }
}

export type { Logger };

function note(change: { level?: number; toStderr?: boolean }): void {
  const me = aboutMe();
  noteAbout({ ...me, log: { level: LEVELS.NOTSET, toStderr: false, ...me.log, ...change } });
}

const logger = new Logger();

/**
 * The logger of `multiprocessing`.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.get_logger
 */
export function get_logger(): Logger {
  return logger;
}

/**
 * Has the logger write to stderr: at level `INFO`, when processes begin and end.
 *
 * @param level - the level to set; where none is given, it stays
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.log_to_stderr
 */
export function log_to_stderr(level?: number | LevelName | null): Logger {
  note({ toStderr: true });
  if (level !== undefined && level !== null) logger.setLevel(level);
  return logger;
}
