"""multiprocessing's locks: process_locks.py pair|turns COUNT, or contend MILLISECONDS; as process-locks.mjs."""

import json
import multiprocessing
import sys
import time


def contend(lock, phase, ready, count, results, index):
    with ready.get_lock():
        ready.value += 1
    total = measured = 0
    acquire, release = lock.acquire, lock.release
    while (now := phase.value) < 2:
        acquire()
        count.value += 1
        release()
        total += 1
        measured += now
    results[2 * index] = total
    results[2 * index + 1] = measured


def answer(there, back, rounds):
    for _ in range(rounds):
        there.acquire()
        back.release()


def timed(run, count):
    run(count // 3)
    start = time.perf_counter()
    run(count)
    return {"ms": (time.perf_counter() - start) * 1000}


def pair(count):
    lock = multiprocessing.Lock()
    acquire, release = lock.acquire, lock.release

    def run(n):
        for _ in range(n):
            acquire()
            release()

    return timed(run, count)


def turns(count):
    there, back = multiprocessing.Semaphore(0), multiprocessing.Semaphore(0)
    child = multiprocessing.Process(target=answer, args=(there, back, count // 3 // 2 + count // 2))
    child.start()

    def run(n):
        for _ in range(n // 2):
            there.release()
            back.acquire()

    took = timed(run, count)
    child.join()
    return took


def contended(ms):
    lock = multiprocessing.Lock()
    phase, count = multiprocessing.RawValue("i", 0), multiprocessing.RawValue("q", 0)
    ready, results = multiprocessing.Value("i", 0), multiprocessing.RawArray("q", 4)
    crew = [multiprocessing.Process(target=contend, args=(lock, phase, ready, count, results, i)) for i in range(2)]
    for child in crew:
        child.start()
    while ready.value < 2:
        time.sleep(0.005)
    time.sleep(ms / 3000)
    phase.value = 1
    start = time.perf_counter()
    time.sleep(ms / 1000)
    phase.value = 2
    seconds = time.perf_counter() - start
    for child in crew:
        child.join()
    totals, shares = results[0::2], results[1::2]
    assert count.value == sum(totals), (count.value, totals)
    fairness = sum(shares) ** 2 / (2 * sum(share**2 for share in shares)) if sum(shares) else 1
    return {"value": sum(shares) / seconds, "fairness": fairness}


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    run = {"pair": pair, "turns": turns, "contend": contended}[sys.argv[1]]
    print(json.dumps(run(int(sys.argv[2]))))
