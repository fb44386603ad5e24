"""A process with threads that are blocked.   idle.py THREADS MILLISECONDS
prints the CPU milliseconds that it takes in a second"""

import json
import sys
import threading
import time

lock = threading.Lock()
lock.acquire()
for _ in range(int(sys.argv[1])):
    threading.Thread(target=lock.acquire, daemon=True).start()
time.sleep(0.2)
start, before = time.perf_counter(), time.process_time()
time.sleep(float(sys.argv[2]) / 1000)
print(json.dumps({"value": (time.process_time() - before) * 1000 / (time.perf_counter() - start)}))
