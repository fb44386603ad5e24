// 2.1  A process makes a copy of itself: both go on from there, each with a number of its own. Linux only.
import { fork, getpid, getppid, waitpid } from 'nogil/os';

console.log(`the current process (${getpid()}) starts`);
const pid = fork();
if (pid === 0) {
  console.log(`I am the child process (${getpid()}), my parent is ${getppid()}`);
} else {
  console.log(`I (${getpid()}) made a child process (${pid})`);
  waitpid(pid, 0);
}
