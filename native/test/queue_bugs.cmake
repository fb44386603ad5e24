# Known bugs of the queues, for their suites to find. How it works: seeded_bugs.cmake.

if(NOT COMMAND nogil_seeded_bug)
  return()
endif()

# queue/ring.h

# A late consumer moves the head of a ring's former life on by a slot of the next one, and counts it.
nogil_seeded_bug(ring_begins_with_its_slots queue/ring.h queue_schedules "late_at_a_drained_ring"
  "    head.store(end::make(ticket, 0), std::memory_order_release);
    tail.store(end::make(ticket, 0), std::memory_order_release);" ""
  "    mask.store(last, std::memory_order_release);"
  "    head.store(end::make(ticket, 0), std::memory_order_release);
    tail.store(end::make(ticket, 0), std::memory_order_release);
    mask.store(last, std::memory_order_release);")

nogil_seeded_bug(ring_reused_while_in_use queue/ring.h queue_schedules "late_in_a_ring"
  "if (slot(t).word.load(std::memory_order_acquire) != slot::make(t, slot::kOpen)) return false;" "")

# queue/ring_list.h

nogil_seeded_bug(rings_leave_the_tail_behind queue/ring_list.h queue_schedules "beside_another"
  "if (ring_ref::index(last) == ring_ref::index(at)) {" "if (false) {")

nogil_seeded_bug(shut_down_unsealed queue/ring_list.h queue_schedules "queue_shut_down"
  "} else if (r.next.compare_exchange_strong(n, ring_ref::to(n, ring_ref::kSealed),
                                                std::memory_order_seq_cst)) {"
  "} else {")

# queue/mpmc_queue.h

# Says empty because the first producer is slow, though the second one's item is there.
nogil_seeded_bug(queue_empty_behind_a_slow_producer queue/mpmc_queue.h queue_schedules "queue_two_putters"
  "      more = slot::is(r.slot(i).word.load(std::memory_order_seq_cst), i, slot::kFull);" "")

nogil_seeded_bug(queue_empty_after_the_head_moved queue/mpmc_queue.h queue_schedules "never_empty"
  "return still ? QueueResult::kEmpty : QueueResult::kOk;" "return still || true ? QueueResult::kEmpty : QueueResult::kOk;")

nogil_seeded_bug(queue_publishes_blindly queue/mpmc_queue.h queue_schedules "queue_two_putters queue_random"
  "if (s.word.compare_exchange_strong(word, full, std::memory_order_seq_cst)) continue;"
  "s.word.store(full); if (word) continue;")

nogil_seeded_bug(queue_counts_its_own_passed_ticket queue/mpmc_queue.h queue_schedules "queue_bounded"
  "if (skip_given_up(passed, me) || room_at(r.position(ticket), maxsize)) continue;" "")

# What a passed batch drew behind the passed ticket counts as taken up until others find it.
nogil_seeded_bug(queue_batch_keeps_its_tickets queue/mpmc_queue.h queue_schedules "bounded_batches"
  "for (uint32_t rest = i; rest < n; rest++) {" "for (uint32_t rest = i; rest < i + 1; rest++) {")

# queue/exchange.h and queue_wait.h

nogil_seeded_bug(put_wakes_nobody queue/exchange.h queue_wait_schedules "wait_for_items"
  "if (core_.items.waiters.load(std::memory_order_seq_cst) != 0) wake(n, 0, me);" "")

nogil_seeded_bug(get_makes_no_room_known queue/exchange.h queue_wait_schedules "wait_for_room"
  "if (core_.space.waiters.load(std::memory_order_seq_cst) != 0) wake(0, n, me);" "")

nogil_seeded_bug(wait_without_a_second_look queue/queue_wait.h queue_wait_schedules "wait_for_items"
  "      result = attempt();
      if (result != unready || wait.expired()) {"
  "      if (wait.expired()) {")

nogil_seeded_bug(wait_keeps_its_wake_up queue/queue_wait.h queue_wait_schedules "wait_interrupted"
  "exchange_.wake(1, 0, wait.me());" "{}")

nogil_seeded_bug(wait_keeps_its_item queue/queue_wait.h queue_wait_schedules "wait_interrupted"
  "if (!wait.interrupted() || !give_back(*item, wait.me())) return QueueResult::kOk;"
  "if (!wait.interrupted()) return QueueResult::kOk;")

nogil_seeded_bug(join_without_a_second_look queue/queue_wait.h queue_wait_schedules "wait_join"
  "  if (unfinished() != 0) return QueueResult::kPending;" "  if (true) return QueueResult::kPending;")

# queue/slabs.h

nogil_seeded_bug(slab_tag_stays queue/slabs.h heap_schedules "heap_random"
  "((a & ~(kTagOne - 1)) + kTagOne)" "((a & ~(kTagOne - 1)))")

nogil_seeded_bug(slab_listed_twice queue/slabs.h heap_schedules "heap_random"
  "if (!(a & anchor::kListed)) push_partial(slab, size_class);" "if (anchor::count(a) == 0) push_partial(slab, size_class);")

nogil_seeded_bug(slab_lost_when_full queue/slabs.h heap_schedules "heap_"
  "if (!(a & anchor::kListed)) push_partial(slab, size_class);" "")
