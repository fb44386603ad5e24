import { CellClass } from '../internal/cell';
import { fromHandle, registerClass } from '../internal/handles';
import { SHARED_CLASS } from '../internal/native';
import { Event as ThreadEvent } from '../threading/event';

/**
 * A flag that the processes of the tree wait for.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Event
 */
export class Event extends ThreadEvent {
  /**
   * The event of a handle.
   *
   * @throws ValueError where that event is gone, or the handle is not one of this class
   */
  static override from(handle: unknown): Event {
    return fromHandle(handle, 'multiprocessing.Event') as Event;
  }

  /** @internal */
  override get _shared(): boolean {
    return true;
  }
}

registerClass(CellClass.Event + SHARED_CLASS, 'multiprocessing.Event', Event);
