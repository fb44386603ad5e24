"""Items through one queue.Queue or SimpleQueue.

queues.py rate Queue|SimpleQueue KIND PAIRS MAXSIZE COUNT   PAIRS threads put, as many take
queues.py turns Queue|SimpleQueue TURNS                     two threads, two queues, one item to and fro
prints milliseconds, and the sum of what was received weighs (as bench/harness/items.mjs has it)
"""

import json
import queue
import sys
import threading
import time

TABLE = 16


def blocks(size):
    table = [bytes([i]) + bytes(size - 2) + bytes([2 * i]) for i in range(TABLE)]
    return (lambda i: table[i % TABLE]), (lambda item: item[0] + item[size - 1] + (len(item) - size))


def kind_of(name):
    if name == "number":
        return (lambda i: i), (lambda item: item)
    if name == "text":
        table = [f"order {10 + i}" for i in range(TABLE)]
        return (lambda i: table[i % TABLE]), (lambda item: ord(item[6]) * 10 + ord(item[7]))
    if name == "object":
        return (
            lambda i: {"id": i, "name": "a small object", "ok": True},
            lambda item: item["id"] + len(item["name"]),
        )
    return blocks({"64 KiB": 64 << 10, "1 MiB": 1 << 20}[name])


def make_queue(name, maxsize=0):
    return queue.SimpleQueue() if name == "SimpleQueue" else queue.Queue(maxsize)


def rate(name, kind, pairs, maxsize, count):
    make, weigh = kind_of(kind)
    shared = make_queue(name, maxsize)
    sums = [0] * pairs
    gate = threading.Barrier(2 * pairs + 1)

    def put_all(first):
        put = shared.put
        gate.wait()
        for i in range(first, count, pairs):
            put(make(i))

    def take_all(index):
        get = shared.get
        total = 0
        gate.wait()
        for _ in range(count // pairs):
            total += weigh(get())
        sums[index] = total

    crew = [threading.Thread(target=work, args=(i,)) for work in (put_all, take_all) for i in range(pairs)]
    for thread in crew:
        thread.start()
    gate.wait()
    start = time.perf_counter()
    for thread in crew:
        thread.join()
    return (time.perf_counter() - start) * 1000, sum(sums)


def take_turns(name, turns):
    there, back = make_queue(name), make_queue(name)

    def other():
        for _ in range(turns // 2):
            back.put(there.get())

    thread = threading.Thread(target=other)
    thread.start()
    total = 0
    start = time.perf_counter()
    for i in range(turns // 2):
        there.put(i)
        total += back.get()
    ms = (time.perf_counter() - start) * 1000
    thread.join()
    return ms, total


mode, which, *rest = sys.argv[1:]
if mode == "rate":
    elapsed, weight = rate(which, rest[0], *(int(n) for n in rest[1:]))
else:
    elapsed, weight = take_turns(which, int(rest[0]))
print(json.dumps({"ms": elapsed, "sum": weight}))
