/**
 * How a process ends that has children: as Python's `multiprocessing.util._exit_function`, daemonic
 * children are terminated and all are waited for.
 */
import { AUX, ProcessFlag } from '../cell';
import { firstWord, wordsOf } from '../handles';
import { FOREVER } from '../arguments';
import { native } from '../native';
import { expectProcesses } from '../worker/process_end';

const SIGTERM = 15;
const first: (() => void)[] = [];
const beforeEnd: (() => void)[] = [];
const inChild: (() => void)[] = [];

/** Has `fn` called when this process ends as it should, before its children are terminated or waited for. */
export function beforeChildren(fn: () => void): void {
  first.push(fn);
}

/** Has `fn` called when this process ends as it should, after its children have. */
export function atExit(fn: () => void): void {
  beforeEnd.push(fn);
}

/** Has `fn` called in a child that the fork start method made, for what is the parent's. */
export function afterFork(fn: () => void): void {
  inChild.push(fn);
}

expectProcesses(endChildren);

let ended = false;

/** In a child that `fork` made: what was to be done at the end of the parent is not this process's to do. */
export function startAnew(): void {
  beforeEnd.length = 0;
  for (const fn of inChild) fn();
  ended = false;
}

export function endChildren(): void {
  if (ended) return;
  ended = true;
  // Workers of other threads' crews too: they end when their queues are empty.
  native.crewShutDownAll();
  for (const fn of first) fn();
  const children = native.processChildren();
  for (const cell of children) {
    if (wordsOf(cell)[firstWord(cell) + AUX] & ProcessFlag.daemon) native.processSignal(cell, SIGTERM);
  }
  for (const cell of children) native.eventWait(cell, FOREVER);
  for (const fn of beforeEnd) fn();
}
