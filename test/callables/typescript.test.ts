import { describeTarget } from '../../dist/internal/callables';
import { refusal, Runner } from './harness';

let captured = 1;
export function exportedPure(x: number): number[] {
  return [x, Math.max(1, 2)];
}
export function exportedWithState(): number {
  return captured++;
}

describe('TypeScript that only this process can load', () => {
  const native = Boolean((process.features as { typescript?: unknown }).typescript);

  test('an export that is self-contained goes as source', async () => {
    const runner = new Runner();
    if (!native) expect(describeTarget(exportedPure, 'x').kind).toBe('source');
    else expect(describeTarget(exportedPure, 'x').kind).toBe('module');
    await runner.close();
  });

  test('another one is refused, and the message says why', () => {
    if (native) expect(describeTarget(exportedWithState, 'x')).toMatchObject({ kind: 'module', path: ['exportedWithState'] });
    else expect(refusal(exportedWithState)).toMatch(/captures 'captured'.*new threads can not load TypeScript/);
  });
});
