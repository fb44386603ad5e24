"""Threads that take one lock until time is up.   contention.py THREADS MILLISECONDS SECTION_NS OUTSIDE_NS"""

import json
import sys
import threading
import time

threads, ms, section_ns, outside_ns = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])


def steps_of(ns):
    """How many empty loop steps last that long: the best of many tries."""
    best = 1e9
    for _ in range(20):
        start = time.perf_counter_ns()
        for _ in range(10000):
            pass
        best = min(best, (time.perf_counter_ns() - start) / 10000)
    return round(ns / best)


section, outside = steps_of(section_ns), steps_of(outside_ns)
lock = threading.Lock()
stop = False
count = 0
shares = [0] * threads


def contend(index):
    global count
    ops = 0
    acquire, release = lock.acquire, lock.release
    while not stop:
        acquire()
        count += 1
        for _ in range(section):
            pass
        release()
        ops += 1
        for _ in range(outside):
            pass
    shares[index] = ops


crew = [threading.Thread(target=contend, args=(i,)) for i in range(threads)]
start = time.perf_counter()
for thread in crew:
    thread.start()
time.sleep(ms / 1000)
stop = True
for thread in crew:
    thread.join()
seconds = time.perf_counter() - start
total = sum(shares)
assert total == count, (total, count)
fairness = total**2 / (threads * sum(share**2 for share in shares))
print(json.dumps({"value": total / seconds, "fairness": fairness}))
