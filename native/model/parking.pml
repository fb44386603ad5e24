/*
 * The parking protocol (park/park.h, park/waiter.h) with the lock on top of it (sync/mutex.h):
 * THREADS threads take and release one lock; one of them gives up at any moment (deadline), one is
 * interrupted. Checked: one holder at a time; nobody sleeps for ever (an invalid end state); the
 * list is empty and the lock free when all are done.
 *
 * Each statement is one atomic operation of the code, in a sequentially consistent memory. What is
 * guarded by the list lock is done in one step.
 *
 *   spin -a parking.pml && cc -O2 -DCOLLAPSE -o pan pan.c && ./pan -m1000000
 *   spin -a -DHOLDER_STAYS parking.pml ...       the same without a release
 *
 * Mistakes that the model has to find, one a run (spin -a -DBUG_...; the last with HOLDER_STAYS):
 *   BUG_SLEEP_BY_STORE     the waiter stores kAsleep instead of exchanging kAwake for it
 *   BUG_NO_MARK            the waiter links itself without marking the lock's word
 *   BUG_MARK_LOST          a chosen waiter takes the lock without the mark for those behind it
 *   BUG_WAKE_UP_SWALLOWED  a waiter whose deadline passed leaves although it was chosen
 *   BUG_WAKE_BEFORE_WORD   the waker looks whether the waiter sleeps before it notifies it
 *   BUG_INTERRUPT_UNSEEN   the waiter does not look at its requests after it has said it sleeps
 */
#ifndef THREADS
#define THREADS 3
#endif
#define GIVES_UP 1      /* this thread's waits may end by deadline */
#define INTERRUPTED 2   /* and this one's by interruption */

#define WAITING 8       /* kWaiting, beside the holder's number 1..THREADS */
#define HELD(s) ((s) & 7)

#ifdef HOLDER_STAYS     /* nobody ever releases: only interruption and deadline end the waits */
#define LEFT_HOLDER 7
#else
#define LEFT_HOLDER 0
#endif

#define AWAKE 1
#define ASLEEP 2
#define NOTIFIED 3

byte state;
byte list_lock;
byte list[THREADS];     /* record numbers + 1, first come first */
byte length;            /* Cell::waiters */

byte word[THREADS];
bool linked[THREADS];   /* Waiter::cell */
bool granted[THREADS];  /* Waiter::outcome */
bool in_kernel[THREADS];
bool parked[THREADS];
bool requests[THREADS];

byte inside;
byte done;

inline lock_list() { atomic { list_lock == 0 -> list_lock = me + 1 } }
inline unlock_list() { list_lock = 0 }

inline push_back(r) {
  d_step { list[length] = r + 1; length++; linked[r] = true }
}
inline push_front(r) {
  d_step {
    k = length;
    do
    :: k > 0 -> list[k] = list[k - 1]; k--
    :: else -> break
    od;
    list[0] = r + 1; length++; linked[r] = true
  }
}
inline unlink(r) {
  d_step {
    k = 0;
    do
    :: list[k] == r + 1 -> break
    :: else -> k++
    od;
    do
    :: k + 1 < length -> list[k] = list[k + 1]; k++
    :: else -> break
    od;
    list[k] = 0; length--
  }
}

/* Compare-and-swap of the lock's word: s is what was expected, ok whether it was there. */
inline cas_state(next) {
  atomic {
    if
    :: state == s -> state = next; ok = true
    :: else -> s = state; ok = false
    fi
  }
}

/* The record w is first in the list, which is locked. to_wake: whom to wake once it is not. */
inline notify(w) {
#ifdef BUG_WAKE_BEFORE_WORD
  was = word[w];
  word[w] = NOTIFIED;
#else
  atomic { was = word[w]; word[w] = NOTIFIED }
#endif
  unlink(w);
  linked[w] = false;
  if
  :: was == ASLEEP -> to_wake = w + 1
  :: else
  fi
}

inline wake_next() {
  lock_list();
  to_wake = 0;
  do
  :: length == 0 -> break
  :: else ->
    w = list[0] - 1;
    s = state;
    if
    :: HELD(s) != 0 ->
      if
      :: s & WAITING -> break
      :: else ->
        cas_state(s | WAITING);
        if
        :: ok -> break
        :: else
        fi
      fi
    :: else ->
      if
      :: granted[w] = false; notify(w); break
      :: /* has starved: the lock is handed over */
        cas_state((w + 1) | (length > 1 -> WAITING : 0));
        if
        :: ok -> granted[w] = true; notify(w); break
        :: else
        fi
      fi
    fi
  od;
  unlock_list();
  if
  :: to_wake != 0 -> in_kernel[to_wake - 1] = false
  :: else
  fi
}

proctype thread(byte me) {
  byte s, was, w, to_wake, k, mark;
  bool ok, woken, expired, chosen, asked;

  /* The fast path, in JavaScript. */
  s = 0;
  cas_state(me + 1);
  if
  :: ok -> goto got
  :: else
  fi;

slow:
  word[me] = AWAKE;
  lock_list();
  do
  :: mark = (length > 0 -> WAITING : 0);
    s = state;
    if
    :: HELD(s) == 0 -> cas_state((me + 1) | (s & WAITING) | mark);
      if
      :: ok -> unlock_list(); goto got
      :: else
      fi
    :: HELD(s) != 0 && (s & WAITING) -> break
    :: HELD(s) != 0 && !(s & WAITING) ->
#ifdef BUG_NO_MARK
      break
#else
      cas_state(s | WAITING);
      if
      :: ok -> break
      :: else
      fi
#endif
    fi
  od;
  if
  :: expired -> unlock_list(); goto over
  :: else
  fi;
  if
  :: woken -> push_front(me)
  :: else -> push_back(me)
  fi;
  unlock_list();

  /* Wait::park */
  parked[me] = true;
  chosen = false;
  do
  ::
#ifdef BUG_SLEEP_BY_STORE
    if
    :: word[me] == NOTIFIED -> chosen = true
    :: else -> word[me] = ASLEEP
    fi;
#else
    atomic {
      if
      :: word[me] == NOTIFIED -> chosen = true
      :: else -> word[me] = ASLEEP
      fi
    };
#endif
    if
    :: chosen -> break
    :: else
    fi;
#ifdef BUG_INTERRUPT_UNSEEN
    asked = false;
#else
    asked = requests[me];
#endif
    if
    :: !asked ->
      /* futex_wait: compares and sleeps in one step */
      atomic {
        if
        :: word[me] == ASLEEP -> in_kernel[me] = true
        :: else
        fi
      };
      if
      :: !in_kernel[me]
      :: me == GIVES_UP -> in_kernel[me] = false; expired = true
      fi
    :: else
    fi;
    atomic {
      if
      :: word[me] == NOTIFIED -> chosen = true
      :: word[me] == ASLEEP -> word[me] = AWAKE
      :: else
      fi
    };
    if
    :: chosen -> break
    :: !chosen && (asked || (me == INTERRUPTED && requests[me])) -> expired = true; break
    :: !chosen && expired -> break
    :: else
    fi
  od;
  parked[me] = false;

  if
  :: !chosen ->
    /* Wait::withdraw */
    lock_list();
    if
    :: linked[me] -> unlink(me); linked[me] = false; unlock_list(); goto over
    :: else -> unlock_list()
    fi
#ifdef BUG_WAKE_UP_SWALLOWED
    ; goto over
#endif
  :: else
  fi;
  !linked[me];
  if
  :: granted[me] -> goto got
  :: else
  fi;
  woken = true;
#ifdef BUG_MARK_LOST
  mark = 0;
#else
  mark = (length > 0 -> WAITING : 0);
#endif
  s = state;
  if
  :: HELD(s) == 0 -> cas_state((me + 1) | (s & WAITING) | mark)
  :: else -> ok = false
  fi;
  if
  :: !ok -> goto slow
  :: else
  fi;

got:
  assert(HELD(state) == me + 1);
  inside++;
  assert(inside == 1);
  inside--;
  atomic { s = state; state = 0 };
  if
  :: s & WAITING -> wake_next()
  :: else
  fi;
over:
  atomic {
    done++;
    if
    :: done == THREADS -> assert(length == 0 && HELD(state) == LEFT_HOLDER)
    :: else
    fi
  }
}

/* Parker::interrupt */
proctype interrupter(byte whom) {
  bool slept;
  requests[whom] = true;
  if
  :: parked[whom] ->
    atomic {
      if
      :: word[whom] == ASLEEP -> word[whom] = AWAKE; slept = true
      :: else
      fi
    };
    if
    :: slept -> in_kernel[whom] = false
    :: else
    fi
  :: else
  fi
}

init {
  byte i;
  state = LEFT_HOLDER;
  atomic {
    for (i : 0 .. THREADS - 1) {
#ifdef HOLDER_STAYS
      if
      :: i != 0 -> run thread(i)
      :: else -> done++
      fi
#else
      run thread(i)
#endif
    }
    run interrupter(INTERRUPTED)
  }
}
