// The library itself, of this checkout or of the one that is compared with it.
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** `nogil/threading` as built in the checkout `folder`. */
export function threadingOf(folder) {
  return createRequire(join(folder, 'package.json'))('./dist/threading/index.js');
}
