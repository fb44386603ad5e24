"""multiprocessing.Queue: takes items that another process puts.   process_queues.py KIND COUNT"""

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
    child = multiprocessing.Process(target=produce, args=(queue, kind, count + 1))
    child.start()
    queue.get()
    start = time.perf_counter()
    for _ in range(count):
        queue.get()
    ms = (time.perf_counter() - start) * 1000
    child.join()
    print(json.dumps({"ms": ms}))
