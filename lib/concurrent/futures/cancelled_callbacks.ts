import { isPending } from '../../internal/async_waits';
import { Future } from './future';

/** Runs the callbacks that were added here to futures which are cancelled by now, before the event loop hears of it. */
export function callBackCancelled(): void {
  const cancelled = new Set<Future>();
  isPending((owner) => {
    if (owner instanceof Future && owner.cancelled()) cancelled.add(owner);
    return false;
  });
  for (const future of cancelled) future._runCallbacks();
}
