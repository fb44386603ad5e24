// 1.2  Four threads outlive the main thread: the process ends after the last of them.
//      `npm run example -- 1.2 daemon` makes them daemons: the process ends at once, and they with it.
import { is_main } from 'nogil';
import { Thread, current_thread } from 'nogil/threading';
import { sleep } from './pace.mts';

export function action(arg: number): void {
  sleep(1);
  console.log(`sub thread start! the thread name is: ${current_thread().name}, the arg is: ${arg}`);
  sleep(1);
}

function main(): void {
  const daemon = process.argv[2] === 'daemon';
  for (let i = 0; i < 4; i++) {
    const thread = new Thread({ target: action, args: [i] });
    thread.daemon = daemon; // or, as the tutorial has it, thread.setDaemon(daemon)
    thread.start();
  }
  console.log('main_thread end!');
}

if (is_main(import.meta.url)) main();
