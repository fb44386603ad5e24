# The suites are shown to work by what they find: each bug below is built into a copy of one header,
# and the suite named with it has to fail. The headers themselves know nothing of this.
#
#   nogil_seeded_bug(<name> <header> <suite> <tests> <text> <replacement> [<text> <replacement>])
#
# <tests> are parts of the names of the tests that are run, separated by spaces. A text that its
# header no longer has makes the test fail: the bug has to follow the code.
#
# With NOGIL_SEED_BUG=<name> everything is built with that bug instead.

if(NOT NOGIL_SEEDED_BUG_TESTS AND NOT NOGIL_SEED_BUG)
  return()
endif()

# They run for moments; building them is what takes time.
set(nogil_bug_options -O0 -g0)

# What all of them include and none changes is compiled once.
if(NOT NOGIL_SEED_BUG AND NOT NOGIL_SANITIZE)
  add_library(nogil_bug_headers STATIC bug_headers.cc)
  target_link_libraries(nogil_bug_headers PUBLIC nogil_core)
  target_compile_options(nogil_bug_headers PRIVATE ${nogil_bug_options})
  # -fPIC of a library and -fPIE of a program would be different headers.
  set_target_properties(nogil_bug_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_precompile_headers(nogil_bug_headers PRIVATE
    <deque> <functional> <initializer_list> <memory> <set> <string> <vector>
    ${CMAKE_CURRENT_SOURCE_DIR}/check.h ${CMAKE_CURRENT_SOURCE_DIR}/deterministic/policy.h)
endif()

function(nogil_seeded_bug name header suite tests)
  if(NOGIL_SEED_BUG AND NOT NOGIL_SEED_BUG STREQUAL name)
    return()
  endif()
  # Bugs in memory orders show under ThreadSanitizer and only there, the others without sanitizers.
  if(suite MATCHES "_schedules$")
    set(source deterministic/${suite}_test.cc)
    set(sanitize "")
  else()
    set(source ${suite}_test.cc)
    set(sanitize thread)
  endif()
  if(NOT NOGIL_SEED_BUG AND NOT "${NOGIL_SANITIZE}" STREQUAL "${sanitize}")
    return()
  endif()

  set(original ${PROJECT_SOURCE_DIR}/native/${header})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${original})
  file(READ ${original} text)
  set(i 4)
  while(i LESS ARGC)
    math(EXPR j "${i} + 1")
    # However the formatter breaks its lines.
    string(STRIP "${ARGV${i}}" pattern)
    string(REGEX REPLACE "([][+.*()^$?|\\\\])" "\\\\\\1" pattern "${pattern}")
    string(REGEX REPLACE "[ \n]+" "[ \n]+" pattern "${pattern}")
    string(REPLACE "\\(" "\\([ \n]*" pattern "${pattern}")
    string(REGEX MATCH "${pattern}" found "${text}")
    if(found STREQUAL "")
      message(WARNING "seeded bug ${name}: ${header} no longer has\n${ARGV${i}}")
      add_test(NAME bug_${name} COMMAND ${CMAKE_COMMAND} -E false)
      return()
    endif()
    string(REPLACE "${found}" "${ARGV${j}}" text "${text}")
    math(EXPR i "${i} + 2")
  endwhile()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/seeded/${name})
  set(old "")
  if(EXISTS ${folder}/${header})
    file(READ ${folder}/${header} old)
  endif()
  if(NOT old STREQUAL text)
    file(WRITE ${folder}/${header} "${text}")
  endif()

  if(NOGIL_SEED_BUG)
    target_include_directories(nogil_core BEFORE PUBLIC ${folder})
    return()
  endif()
  add_executable(bug_${name} ${source})
  target_include_directories(bug_${name} BEFORE PRIVATE ${folder})
  target_link_libraries(bug_${name} PRIVATE nogil_check)
  target_compile_options(bug_${name} PRIVATE ${nogil_bug_options})
  separate_arguments(tests)
  if(sanitize)
    add_test(NAME bug_${name} COMMAND bug_${name} ${tests})
    set_tests_properties(bug_${name} PROPERTIES WILL_FAIL TRUE TIMEOUT 120)
  else()
    target_link_libraries(bug_${name} PRIVATE nogil_deterministic)
    set_target_properties(bug_${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_precompile_headers(bug_${name} REUSE_FROM nogil_bug_headers)
    add_test(NAME bug_${name} COMMAND bug_${name} --expect-failure ${tests})
    set_tests_properties(bug_${name} PROPERTIES TIMEOUT 120)
  endif()
endfunction()

# memory/

nogil_seeded_bug(arena_tag_stays memory/arena.h park_schedules "arena_three arena_random"
  "((top >> 32) + 1) << 32 | next" "(top >> 32) << 32 | next")

# park/

nogil_seeded_bug(list_lock_forgets_sleepers park/waiter_list.h park_schedules "list_lock"
  "compare_exchange_strong(expected, mine | 1, " "compare_exchange_strong(expected, mine, ")

nogil_seeded_bug(park_sleeps_by_store park/park.h mutex_schedules "lock_two lock_three"
  "if (!w->word.compare_exchange_strong(awake, kAsleep, std::memory_order_seq_cst) && awake == kNotified) {"
  "awake = w->word.load(); if (awake != kNotified) w->word.store(kAsleep); else {")

nogil_seeded_bug(park_looks_before_it_notifies park/park.h mutex_schedules "lock_two lock_three"
  "uint32_t was = w->word.exchange(kNotified, std::memory_order_acq_rel);"
  "uint32_t was = w->word.load(); w->word.store(kNotified);")

# The dropped fence: the read of the requests comes before the word says that the thread sleeps.
nogil_seeded_bug(park_reads_requests_early park/park.h mutex_schedules "lock_interruption_arrives"
  "      uint32_t awake = kAwake;\n"
  "      uint32_t requests = parker_.requests.load();\n      uint32_t awake = kAwake;\n"
  "      uint32_t requests = parker_.requests.load(std::memory_order_seq_cst);\n" "")

# The kind of a wake is taken from the thread, not from the record that is woken.
nogil_seeded_bug(park_wakes_the_wrong_kind park/park.h park_schedules "late_interruption"
  "Atomic<uintptr_t> parked{0};" "Atomic<uintptr_t> parked{0}; bool parked_shared = false;"
  "P::wake(w->word, 1, at & 1);" "P::wake(w->word, 1, parked_shared);"
  "    Woken woken = sleep(w, serves);"
  "    parker_.parked_shared = arena_.shared(); Woken woken = sleep(w, serves); parker_.parked_shared = false;")

nogil_seeded_bug(park_reuses_a_linked_record park/park.h park_schedules "leaves_one_list"
  "while (waiter_->cell.load(std::memory_order_acquire) != kNoCell) P::relax();" "")

# sync/mutex.h

nogil_seeded_bug(mutex_waits_unmarked sync/mutex.h mutex_schedules "lock_two"
  "      if ((state & kWaiting) ||
          cell.state.compare_exchange_strong(state, state | kWaiting, std::memory_order_relaxed)) {
        return Acquired::kNo;"
  "      if (true) {
        return Acquired::kNo;")

nogil_seeded_bug(mutex_loses_the_mark sync/mutex.h mutex_schedules "lock_three lock_random"
  "      got = try_take(cell, wait.me(), waiting_bit(cell));
      return got != Acquired::kNo;"
  "      got = try_take(cell, wait.me(), 0);
      return got != Acquired::kNo;")

nogil_seeded_bug(mutex_swallows_a_wake_up sync/mutex.h mutex_schedules "lock_timeout"
  "if (how != Woken::kNotified && wait.withdraw(cell)) {"
  "if (how != Woken::kNotified && (wait.withdraw(cell), true)) {")

nogil_seeded_bug(mutex_leaves_a_barger_unmarked sync/mutex.h mutex_schedules "lock_three lock_random"
  "        if ((state & kWaiting) ||
            cell.state.compare_exchange_strong(state, state | kWaiting, std::memory_order_relaxed)) {
          return;"
  "        if (true) {
          return;")

nogil_seeded_bug(mutex_hands_over_unmarked sync/mutex.h mutex_schedules "hand_over"
  "uint32_t rest = w->next ? kWaiting : 0;" "uint32_t rest = 0;")

nogil_seeded_bug(mutex_abandons_quietly sync/mutex.h mutex_schedules "holder_dies"
  "    wake_next(arena, cell, me);
    return true;" "    return true;")

nogil_seeded_bug(mutex_rechecks_what_is_free sync/mutex.h mutex_schedules "holder_dies"
  "  static void recheck(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    wake_next(arena, cell, me);"
  "  static void recheck(Arena<P>& arena, Cell<P>& cell, ThreadNumber me) {
    if (is_free(cell.state.load())) wake_next(arena, cell, me);")

# sync/condition.h

nogil_seeded_bug(condition_waits_after_release sync/condition.h condition_schedules "one_waiter two_waiters"
  "    {
      ListLock<P> lock(cell.list_lock, wait.me(), arena.shared());
      WaiterList<P>::push_back(arena, cell, w);
    }
    Mutex<P>::release(arena, mutex, wait.me());"
  "    Mutex<P>::release(arena, mutex, wait.me());
    {
      ListLock<P> lock(cell.list_lock, wait.me(), arena.shared());
      WaiterList<P>::push_back(arena, cell, w);
    }")

nogil_seeded_bug(condition_requeues_unmarked sync/condition.h condition_schedules "one_waiter two_waiters"
  "Mutex<P>::choose(arena, mutex, wakes);" "")

nogil_seeded_bug(condition_timeout_beats_notification sync/condition.h condition_schedules "condition_timeout"
  "bool notified = how == Woken::kNotified || !wait.withdraw(cell);"
  "bool notified = how == Woken::kNotified; if (!notified) wait.withdraw(cell);")

nogil_seeded_bug(condition_keeps_a_notification sync/condition.h condition_schedules "passes_it_on"
  "if (notified) notify(arena, cell, mutex, 1, wait.me());" "")

# sync/semaphore.h

nogil_seeded_bug(semaphore_does_not_look_again sync/semaphore.h semaphore_schedules "release_meets_acquire"
  "bool taken = take_or_mark(cell);" "bool taken = false;")

nogil_seeded_bug(semaphore_wakes_one_for_many sync/semaphore.h semaphore_schedules "many_at_once"
  "uint32_t units = count(cell);" "uint32_t units = count(cell) != 0;")

nogil_seeded_bug(semaphore_takes_the_mark_off_too_early sync/semaphore.h semaphore_schedules "two_units semaphore_timeout"
  "if (!WaiterList<P>::first(arena, cell))" "")

nogil_seeded_bug(semaphore_does_not_mark sync/semaphore.h semaphore_schedules "release_meets_acquire"
  "if (!unit && (state & kWaiting)) return false;" "if (!unit) return false;")

nogil_seeded_bug(semaphore_wakes_the_last sync/semaphore.h semaphore_schedules "first_come"
  "Waiter<P>* w = WaiterList<P>::first(arena, cell);"
  "Waiter<P>* w = cell.tail ? arena.template at<Waiter<P>>(cell.tail) : nullptr;")

nogil_seeded_bug(semaphore_keeps_a_wake_up sync/semaphore.h semaphore_schedules "interrupted"
  "        wake(wait.arena(), cell, wait.me());
        return Acquired::kInterrupted;" "        return Acquired::kInterrupted;")

# sync/event.h

nogil_seeded_bug(event_does_not_look_again sync/event.h event_schedules "set_meets_wait"
  "if (!is_set(cell)) return false;" "return false;")

nogil_seeded_bug(event_wakes_late_comers sync/event.h event_schedules "wait_after_clear"
  "if (cell.waiters.load(std::memory_order_seq_cst) != 0) return set_and_wake(arena, cell, me);" ""
  "    if (is_set(cell)) {" "    {")

nogil_seeded_bug(event_forgets_who_waited sync/event.h event_schedules "cleared_by_another"
  "if (cell.waiters.load(std::memory_order_seq_cst) != 0) return set_and_wake(arena, cell, me);" "")

# sync/barrier.h

nogil_seeded_bug(barrier_leaves_in_two_steps sync/barrier.h barrier_schedules "all_or_nothing"
  "if (!unnoticed && (!newcomer || timed_out)) break_all(arena, cell, wakes, true);"
  "if (!unnoticed && (!newcomer || timed_out)) { lock.unlock(); abort(arena, cell, me); }")

nogil_seeded_bug(barrier_keeps_its_count sync/barrier.h barrier_schedules "newcomers reset"
  "    put(cell.state, 0);
    while (Waiter<P>* w = WaiterList<P>::first(arena, cell)) {"
  "    while (Waiter<P>* w = WaiterList<P>::first(arena, cell)) {")

# sync/rw_lock.h

nogil_seeded_bug(rw_lock_leaves_without_serving sync/rw_lock.h rw_lock_schedules "interrupted timeout"
  "      serve(wait.arena(), cell, wait.me());
      if (how" "      if (how")

nogil_seeded_bug(rw_lock_waits_unmarked sync/rw_lock.h rw_lock_schedules "rw_lock_two"
  "if (!cell.state.compare_exchange_strong(state, state | kWaiting, std::memory_order_acq_rel)) continue;" "")

nogil_seeded_bug(rw_lock_readers_overtake sync/rw_lock.h rw_lock_schedules "starve rw_lock_three"
  "if (!(state & kWaiting)) {" "if (!write || !(state & kWaiting)) {"
  "return !write && !(held & (kWriter | kWaiting));" "return !write && !(held & kWriter);")

# What runs in the midst of a wait: its record stays in the list.

nogil_seeded_bug(mutex_serves_in_the_list sync/mutex.h nested_schedules "nested_lock"
  "wait.park(cell, Spin<P>::kLockNs, Serves::kCaller)" "wait.park(cell, Spin<P>::kLockNs)")

nogil_seeded_bug(semaphore_serves_in_the_list sync/semaphore.h nested_schedules "nested_semaphore"
  "wait.park(cell, Spin<P>::kMaxNs, Serves::kCaller)" "wait.park(cell)")

nogil_seeded_bug(rw_lock_serves_in_the_list sync/rw_lock.h nested_schedules "nested_rw_lock"
  "wait.park(cell, Spin<P>::kMaxNs, Serves::kCaller)" "wait.park(cell)")

nogil_seeded_bug(condition_serves_in_the_list sync/condition.h nested_schedules "nested_condition"
  "Woken how = wait.park(cell, Spin<P>::kMaxNs, Serves::kCaller)" "Woken how = wait.park(cell)")

nogil_seeded_bug(condition_serves_in_the_locks_list sync/condition.h nested_schedules "nested_condition"
  "if (how == Woken::kAsked && wait.withdraw(mutex)) {" "if (how == Woken::kAsked) {")

# Memory orders: for ThreadSanitizer.

nogil_seeded_bug(mutex_takes_relaxed sync/mutex.h mutex "one_thread_at_a_time timed_waits"
  "if (cell.state.compare_exchange_weak(state, me | (state & kWaiting) | waiting, std::memory_order_acquire)) {"
  "if (cell.state.compare_exchange_weak(state, me | (state & kWaiting) | waiting, std::memory_order_relaxed)) {")

nogil_seeded_bug(list_lock_takes_relaxed park/waiter_list.h mutex "one_thread_at_a_time timed_waits"
  "compare_exchange_strong(expected, mine, std::memory_order_acquire)"
  "compare_exchange_strong(expected, mine, std::memory_order_relaxed)")
