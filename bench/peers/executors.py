"""concurrent.futures.ThreadPoolExecutor.

executors.py one|batch|map THREADS COUNT ARGUMENT NANOSECONDS BATCH CHUNK
    ARGUMENT: number, object, or a size in bytes; NANOSECONDS of work in each task;
    BATCH: tasks that are submitted before the first is waited for; CHUNK: map's chunksize
executors.py processes one|batch ...
    the same with ProcessPoolExecutor
executors.py flow THREADS N...
    the tutorial's sums
prints milliseconds, and how many results were as they should be
"""

import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def steps_of(ns):
    """How many steps of the work last that long: the best of many tries."""
    best = 1e9
    for _ in range(20):
        start = time.perf_counter_ns()
        chain(2000)
        best = min(best, (time.perf_counter_ns() - start) / 2000)
    return round(ns / best)


def same(value):
    return value


def chain(steps):
    x = 1
    for _ in range(steps):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
    return x


def flow(n):
    total = 0
    for i in range(n):
        total += i
    return total


def argument(kind):
    if kind == "number":
        return 1
    if kind == "object":
        return {"id": 7, "name": "a small object", "tags": ["x", "y"], "at": 1.5}
    return bytes(int(kind))


def tasks(pool, how, threads, count, kind, ns, size, chunk):
    fn, arg = (chain, steps_of(ns)) if ns else (same, argument(kind))
    wanted = fn(arg)
    good = 0
    with pool(threads) as executor:
        for future in [executor.submit(same, 1) for _ in range(100)]:
            future.result()
        start = time.perf_counter()
        if how == "one":
            for _ in range(count):
                good += executor.submit(fn, arg).result() == wanted
        elif how == "map":
            for result in executor.map(fn, [arg] * count, chunksize=chunk):
                good += result == wanted
        else:
            for _ in range(count // size):
                for future in [executor.submit(fn, arg) for _ in range(size)]:
                    good += future.result() == wanted
        return (time.perf_counter() - start) * 1000, good


def flows(threads, numbers):
    with ThreadPoolExecutor(threads) as executor:
        list(executor.map(same, range(20)))
        start = time.perf_counter()
        sums = list(executor.map(flow, numbers))
        ms = (time.perf_counter() - start) * 1000
        return ms, sum(result == n * (n - 1) // 2 for result, n in zip(sums, numbers))


if __name__ == "__main__":
    pool = ThreadPoolExecutor
    how, first, *rest = sys.argv[1:]
    if how == "processes":
        pool = ProcessPoolExecutor
        how, first, *rest = first, *rest
    if how == "flow":
        elapsed, right = flows(int(first), [int(n) for n in rest])
    else:
        count, kind, *numbers = rest
        elapsed, right = tasks(pool, how, int(first), int(count), kind, *(int(n) for n in numbers))
    print(json.dumps({"ms": elapsed, "right": right}))
