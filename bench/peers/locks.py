"""Nanoseconds of one uncontended acquire + release.   locks.py Lock|RLock|Semaphore MILLISECONDS"""

import json
import sys
import threading
import time


def pairs(lock, n):
    acquire, release = lock.acquire, lock.release
    start = time.perf_counter_ns()
    for _ in range(n):
        acquire()
        release()
    return (time.perf_counter_ns() - start) / n


lock = getattr(threading, sys.argv[1])()
budget = float(sys.argv[2]) * 1e6
n = 100
while True:
    ns = pairs(lock, n)
    if ns * n >= budget:
        break
    n *= 2
print(json.dumps({"value": ns}))
