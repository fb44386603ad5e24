/**
 * Locks and queues that a manager makes: in the memory that all processes share, as those of
 * `multiprocessing`, but with the errors of `threading` and `queue`, which Python's proxies have.
 */
import { CellClass } from '../../internal/cell';
import { registerClass } from '../../internal/handles';
import { MANAGED_CLASS } from '../../internal/native';
import { Queue } from '../../queue/queue';
import { Barrier } from '../../threading/barrier';
import { BoundedSemaphore } from '../../threading/bounded_semaphore';
import { Condition } from '../../threading/condition';
import { Event } from '../../threading/event';
import { Lock } from '../../threading/lock';
import { RLock } from '../../threading/rlock';
import { Semaphore } from '../../threading/semaphore';

type Class = new (...args: never[]) => { readonly _class: number };

function managed<C extends Class>(Base: C, id: number, name: string): C {
  // A mixin's constructor has to take whatever its base takes.
  const Managed = class extends (Base as unknown as new (...args: unknown[]) => { readonly _class: number }) {
    get _shared(): boolean {
      return true;
    }
    get _number(): number {
      return id + MANAGED_CLASS;
    }
  };
  Object.defineProperty(Managed, 'name', { value: name });
  registerClass(id + MANAGED_CLASS, `managers.${name}`, Managed);
  return Managed as unknown as C;
}

export const ManagedLock = managed(Lock, CellClass.Lock, 'Lock');
export const ManagedRLock = managed(RLock, CellClass.RLock, 'RLock');
export const ManagedCondition = managed(Condition, CellClass.Condition, 'Condition');
export const ManagedEvent = managed(Event, CellClass.Event, 'Event');
export const ManagedSemaphore = managed(Semaphore, CellClass.Semaphore, 'Semaphore');
export const ManagedBoundedSemaphore = managed(BoundedSemaphore, CellClass.BoundedSemaphore, 'BoundedSemaphore');
export const ManagedBarrier = managed(Barrier, CellClass.Barrier, 'Barrier');
export const ManagedQueue = managed(Queue, CellClass.Queue, 'Queue');
