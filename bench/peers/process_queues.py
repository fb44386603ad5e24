"""multiprocessing.Queue: takes items that another process puts.   process_queues.py KIND COUNT

A third as many go before, unmeasured.
"""

import json
import multiprocessing
import sys
import time

BOUND = 64


def produce(queue, kind, count):
    item = {"id": 1, "name": "abc", "ok": True} if kind == "object" else bytes(1 << 20)
    for i in range(count):
        queue.put(i if kind == "number" else item)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    kind, count = sys.argv[1], int(sys.argv[2])
    queue = multiprocessing.Queue(BOUND if kind == "1 MiB" else 0)
    warm = max(1, round(count / 3))
    child = multiprocessing.Process(target=produce, args=(queue, kind, warm + count))
    child.start()
    for _ in range(warm):
        queue.get()
    start = time.perf_counter()
    for _ in range(count):
        queue.get()
    ms = (time.perf_counter() - start) * 1000
    child.join()
    print(json.dumps({"ms": ms}))
