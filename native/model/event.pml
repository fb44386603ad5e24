/*
 * Why the store of Event.set and the count of a waiter have to be sequentially consistent
 * (sync/event.h, and Dekker's argument in park/park.h): the same protocol on a machine with store
 * buffers, as x86 is. A setter's plain store may still sit in its buffer when it looks for waiters;
 * a fence (what the compiler makes of a seq_cst store) empties the buffer first.
 *
 * Checked: the waiter does not sleep for ever, also when the event is cleared right after; a wait
 * that began after a clear is not ended by the set before it.
 *
 *   spin -a event.pml && cc -O2 -o pan pan.c && ./pan
 *   spin -a -DCLEARED event.pml ...              a wait that begins after set and clear
 *
 * Mistakes that the model has to find (spin -a -DBUG_...; the last with CLEARED):
 *   BUG_NO_FENCE     the store is only a release
 *   BUG_NO_RECHECK   the waiter does not look at the event again once it is in the list
 *   BUG_LATE_WAKE    the setter wakes whoever waits by the time it has the list lock
 */
bool set;            /* Cell::state, as memory has it */
bool buffered;       /* the setter's store is on its way there */
byte waiters;
bool listed;
bool list_lock;
bool sleeps;
bool waits_anew;     /* the wait under way began after the clear */

inline lock_list() { atomic { !list_lock -> list_lock = true } }
inline unlock_list() { list_lock = false }

/* The hardware empties the buffer when it likes. */
active proctype store_buffer() {
end:
  do
  :: atomic { buffered -> buffered = false; set = true }
  od
}

inline store_set() {
#ifdef BUG_NO_FENCE
  buffered = true
#else
  buffered = true;
  !buffered
#endif
}

inline notify_all() {
  if
  :: listed ->
#ifdef CLEARED
    assert(!waits_anew);
#endif
    listed = false; waiters--; sleeps = false
  :: else
  fi
}

active proctype setter() {
#ifdef BUG_LATE_WAKE
  store_set();
  if
  :: waiters != 0 -> lock_list(); notify_all(); unlock_list()
  :: else
  fi
#else
  if
  :: waiters != 0 ->
    lock_list();
    store_set();
    notify_all();
    unlock_list()
  :: else ->
    store_set();
    if
    :: waiters != 0 ->
      lock_list();
      if
      :: set || buffered -> notify_all()   /* it sees its own store */
      :: else
      fi;
      unlock_list()
    :: else
    fi
  fi
#endif
}

active proctype waiter() {
#ifdef CLEARED
  /* Waits only after it has seen the event set and has cleared it; its deadline will pass. */
  if
  :: atomic { set -> set = false }
  fi;
  waits_anew = true;
#endif
  lock_list();
  listed = true;
  waiters++;              /* a read-modify-write: no buffer holds it back */
#ifndef BUG_NO_RECHECK
  if
  :: set -> listed = false; waiters--; unlock_list(); goto over
  :: else
  fi;
#endif
  sleeps = true;
  unlock_list();
#ifdef CLEARED
  if
  :: !sleeps
  :: lock_list();
    if
    :: listed -> listed = false; waiters--; sleeps = false
    :: else
    fi;
    unlock_list()
  fi;
#else
  !sleeps;                /* an invalid end state when nobody wakes it */
#endif
over:
  skip
}
