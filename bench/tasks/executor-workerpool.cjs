'use strict';
// workerpool has its workers register their functions.
require('workerpool').worker(require('./executor-tasks.cjs'));
