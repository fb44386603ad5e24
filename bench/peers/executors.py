"""concurrent.futures.ThreadPoolExecutor(2).   executors.py one|batch COUNT BYTES  |  executors.py flow THREADS N...
prints tasks a second, or the milliseconds of the sums"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def same(value):
    return value


def flow(n):
    total = 0
    for i in range(n):
        total += i
    return total


def rate(kind, count, size):
    arg = bytes(size) if size else 1
    with ThreadPoolExecutor(2) as executor:
        for future in [executor.submit(same, arg) for _ in range(100)]:
            future.result()
        start = time.perf_counter()
        if kind == "one":
            for _ in range(count):
                executor.submit(same, arg).result()
        else:
            for future in [executor.submit(same, arg) for _ in range(count)]:
                future.result()
        return count / (time.perf_counter() - start)


def flows(threads, numbers):
    with ThreadPoolExecutor(threads) as executor:
        list(executor.map(same, range(20)))
        start = time.perf_counter()
        list(executor.map(flow, numbers))
        return (time.perf_counter() - start) * 1000


kind, *numbers = sys.argv[1:]
numbers = [int(n) for n in numbers]
value = flows(numbers[0], numbers[1:]) if kind == "flow" else rate(kind, *numbers)
print(json.dumps({"value": value}))
