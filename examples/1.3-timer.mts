// 1.3  A Timer is a thread that waits for five seconds and then calls a function.
import { is_main } from 'nogil';
import { Timer } from 'nogil/threading';
import { ctime } from 'nogil/time';
import { paced } from './pace.mts';

export function fun(): void {
  console.log(`hello, world (${ctime()})`);
}

function main(): void {
  console.log(`before the start: ${ctime()}`);
  new Timer(paced(5.0), fun).start();
  console.log(`after the start: ${ctime()}`);
}

if (is_main(import.meta.url)) main();
