/** A plain worker: the other side of what `npx nogil bench` compares with. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

/** `port`: puts into it, or takes from it; none: sends every message back. */
export interface PortWork {
  port?: MessagePort;
  puts?: boolean;
}

const { port, puts } = workerData as PortWork;
const parent = parentPort!;
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

parent.on('message', (count: number) => {
  const begin = now();
  if (!port) {
    parent.postMessage(count);
    return;
  }
  if (puts) {
    for (let i = 0; i < count; i++) port.postMessage(i);
    parent.postMessage({ begin, end: now(), sum: 0 });
    return;
  }
  let sum = 0;
  let left = count;
  const take = (item: number): void => {
    sum += item;
    if (--left > 0) return;
    port.off('message', take);
    parent.postMessage({ begin, end: now(), sum });
  };
  port.on('message', take);
});
parent.postMessage('ready');
