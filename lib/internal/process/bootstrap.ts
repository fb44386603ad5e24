/**
 * The program of the processes that `multiprocessing` starts.
 */
import './join';
import { runProcess } from './child';

void runProcess();
