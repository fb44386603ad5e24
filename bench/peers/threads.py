"""Threads started and joined one after another.   threads.py COUNT
prints the first one's milliseconds and how many a second the others make"""

import json
import sys
import threading
import time


def one():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()


count = int(sys.argv[1])
start = time.perf_counter()
one()
first = time.perf_counter() - start
start = time.perf_counter()
for _ in range(count):
    one()
seconds = time.perf_counter() - start
print(json.dumps({"first": first * 1000, "rate": count / seconds}))
