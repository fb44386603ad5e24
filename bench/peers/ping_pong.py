"""Nanoseconds of one hand-over between two threads.   ping_pong.py Semaphore|Event|Condition HAND_OVERS

A tenth as many go before, unmeasured: what counts is two threads at it, not two that come up.
"""

import json
import sys
import threading
import time

kind, turns = sys.argv[1], int(sys.argv[2]) // 2
warm = turns // 10


def semaphores():
    a, b = threading.Semaphore(0), threading.Semaphore(0)
    return a.release, a.acquire, b.release, b.acquire


def events():
    a, b = threading.Event(), threading.Event()

    def taker(event):
        def take():
            event.wait()
            event.clear()

        return take

    return a.set, taker(a), b.set, taker(b)


def conditions():
    lock = threading.Lock()
    changed = threading.Condition(lock)
    turn = [None]

    def giver(name):
        def give():
            with changed:
                turn[0] = name
                changed.notify()

        return give

    def taker(name):
        def take():
            with changed:
                while turn[0] != name:
                    changed.wait()
                turn[0] = None

        return take

    return giver("a"), taker("a"), giver("b"), taker("b")


give_a, take_a, give_b, take_b = {"Semaphore": semaphores, "Event": events, "Condition": conditions}[kind]()


def other():
    for _ in range(warm + turns):
        take_a()
        give_b()


thread = threading.Thread(target=other)
thread.start()
for _ in range(warm):
    give_a()
    take_b()
start = time.perf_counter_ns()
for _ in range(turns):
    give_a()
    take_b()
ns = (time.perf_counter_ns() - start) / (turns * 2)
thread.join()
print(json.dumps({"value": ns}))
