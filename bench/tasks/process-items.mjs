// What a process puts that others take from.

export function itemOf(kind) {
  if (kind === 'object') return { id: 1, name: 'abc', ok: true };
  return kind === 'number' ? undefined : new Uint8Array(1 << 20);
}

export function produce(queue, kind, count) {
  const item = itemOf(kind);
  for (let i = 0; i < count; i++) queue.put(item ?? i);
}
