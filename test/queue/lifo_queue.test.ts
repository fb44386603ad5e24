import { LifoQueue } from 'nogil/queue';

it('gives the last item first, whatever came in between', () => {
  const queue = new LifoQueue();
  queue.put('a');
  queue.put({ b: 1 });
  expect(queue.get()).toEqual({ b: 1 });
  queue.put(['c']);
  queue.put(undefined);
  expect(queue.get_many(Infinity)).toEqual([undefined, ['c'], 'a']);
});

it('keeps the order of a thousand', () => {
  const queue = new LifoQueue<number>();
  const all = Array.from({ length: 1000 }, (_, i) => i);
  queue.put_many(all);
  expect(queue.get_many(Infinity)).toEqual(all.reverse());
});
