#include "test/processes.h"

#include "platform/mapping.h"
#include "platform/processes.h"
#include "test/threads.h"

// The primitives in memory that processes share, each of which maps it at another address.

namespace nogil {
namespace test {
namespace {

class SharedGround {
 public:
  static constexpr size_t kBytes = size_t{1} << 30;

  SharedGround() : fd_(platform::shared_create(kBytes, platform::Inherit::kNo)) {
    REQUIRE(fd_ >= 0);
    map();
  }
  ~SharedGround() {
    platform::unmap(arena.header(), kBytes);
    platform::shared_close(fd_);
  }

  // In a child: leaves what it inherited alone and maps the memory elsewhere.
  void map_again() {
    void* inherited = arena.header();
    map();
    CHECK(inherited != arena.header());
  }

  uint32_t cell() {
    const uint32_t index = arena.allocate(ChunkKind::kCells);
    REQUIRE(index != 0);
    return index;
  }
  Cell<P>& at(uint32_t index) { return *arena.at(index); }

  Arena<P> arena;

 private:
  void map() {
    void* memory = platform::shared_map(fd_, kBytes);
    REQUIRE(memory != nullptr);
    arena.adopt(memory, kBytes, true);
  }

  int fd_;
};

// Runs `body(actor, ground, i)` in `count` children at once; true when all checks held.
template <class F>
bool in_children(SharedGround& ground, int count, F body) {
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < count; i++) {
    children.push_back(std::make_unique<Child>([&, i] {
      ground.map_again();
      Actor actor(ground.arena, static_cast<ThreadNumber>(i + 1));
      body(actor, ground, i);
    }));
  }
  bool ok = true;
  for (auto& child : children) ok = child->succeeded() && ok;
  return ok;
}

void check_idle(SharedGround& ground, uint32_t index) {
  Cell<P>& cell = ground.at(index);
  CHECK_EQ(cell.waiters.load(), 0u);
  CHECK_EQ(cell.list_lock.load(), 0u);
  CHECK(cell.head == 0 && cell.tail == 0);
  ground.arena.for_each<Waiter<P>>(ChunkKind::kWaiters,
                                   [&](uint32_t, Waiter<P>* w) { CHECK_EQ(w->in_use.load(), 0u); });
}

// A word that is written without atomics' help.
volatile uint32_t* plain_word(SharedGround& ground, uint32_t index) {
  return reinterpret_cast<volatile uint32_t*>(&ground.at(index).data[4]);
}

TEST(processes_allocate_distinct_cells) {
  SharedGround ground;
  constexpr int kChildren = 3;
  constexpr uint32_t kEach = 12000;
  CHECK(in_children(ground, kChildren, [](Actor& actor, SharedGround& g, int) {
    uint32_t kept = 0;
    for (uint32_t i = 0; kept < kEach; i++) {
      const uint32_t index = g.arena.allocate(ChunkKind::kCells);
      CHECK(index != 0);
      CHECK_EQ(g.at(index).state.exchange(actor.me()), 0u);
      if (i % 3 == 0) {
        g.at(index).state.store(0);
        g.arena.free(index, ChunkKind::kCells);
      } else {
        kept++;
      }
    }
  }));
  uint32_t counts[kChildren + 1] = {};
  ground.arena.for_each<Cell<P>>(ChunkKind::kCells,
                                 [&](uint32_t, Cell<P>* cell) { counts[cell->state.load()]++; });
  for (int i = 1; i <= kChildren; i++) CHECK_EQ(counts[i], kEach);
}

TEST(a_mutex_excludes_processes) {
  SharedGround ground;
  const uint32_t mutex = ground.cell();
  constexpr int kChildren = 3, kRounds = 5000 * kScale;
  CHECK(in_children(ground, kChildren, [=](Actor& actor, SharedGround& g, int i) {
    volatile uint32_t* count = plain_word(g, mutex);
    Random random(actor.me());
    for (int round = 0; round < kRounds;) {
      const int64_t timeout = i == 0 ? 1 + random.below(50000) : kForever;
      if (actor.lock(g.at(mutex), timeout) != Acquired::kYes) continue;
      *count = *count + 1;
      round++;
      actor.unlock(g.at(mutex));
    }
  }));
  CHECK_EQ(*plain_word(ground, mutex), static_cast<uint32_t>(kChildren * kRounds));
  check_idle(ground, mutex);
}

TEST(semaphores_hand_over_between_processes) {
  SharedGround ground;
  const uint32_t ping = ground.cell(), pong = ground.cell();
  CHECK(in_children(ground, 2, [=](Actor& actor, SharedGround& g, int i) {
    for (int round = 0; round < 3000 * kScale; round++) {
      if (i == 0) actor.release(g.at(ping));
      CHECK(actor.acquire(g.at(i == 0 ? pong : ping)) == Acquired::kYes);
      if (i == 1) actor.release(g.at(pong));
    }
  }));
  check_idle(ground, ping);
  check_idle(ground, pong);
}

TEST(an_event_wakes_processes) {
  SharedGround ground;
  const uint32_t event = ground.cell();
  Actor parent(ground.arena, 9);
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 3; i++) {
    children.push_back(std::make_unique<Child>([&, i] {
      ground.map_again();
      Actor actor(ground.arena, static_cast<ThreadNumber>(i + 1));
      CHECK(actor.wait_set(ground.at(event)) == Acquired::kYes);
    }));
  }
  Ground::until_asleep(ground.arena, 3);
  parent.set(ground.at(event));
  for (auto& child : children) CHECK(child->succeeded());
  check_idle(ground, event);
}

TEST(a_condition_works_between_processes) {
  SharedGround ground;
  const uint32_t mutex = ground.cell(), not_full = ground.cell(), not_empty = ground.cell();
  constexpr uint32_t kRoom = 3, kEach = 2000 * kScale;
  CHECK(in_children(ground, 4, [=](Actor& actor, SharedGround& g, int i) {
    volatile uint32_t* count = plain_word(g, mutex);
    const bool produces = i < 2;
    const uint32_t mine = produces ? not_full : not_empty, other = produces ? not_empty : not_full;
    for (uint32_t n = 0; n < kEach; n++) {
      CHECK(actor.lock(g.at(mutex)) == Acquired::kYes);
      while (produces ? *count == kRoom : *count == 0) actor.wait(g.at(mine), g.at(mutex));
      *count = produces ? *count + 1 : *count - 1;
      actor.notify(g.at(other), g.at(mutex));
      actor.unlock(g.at(mutex));
    }
  }));
  CHECK_EQ(*plain_word(ground, mutex), 0u);
  for (uint32_t cell : {mutex, not_full, not_empty}) check_idle(ground, cell);
}

TEST(a_barrier_gathers_processes) {
  SharedGround ground;
  const uint32_t cell = ground.cell();
  constexpr int kParties = 3;
  ground.at(cell).data[0].store(kParties);
  CHECK(in_children(ground, kParties, [=](Actor& actor, SharedGround& g, int) {
    volatile uint32_t* arrivals = plain_word(g, cell);
    for (uint32_t round = 1; round <= 500 * kScale; round++) {
      reinterpret_cast<std::atomic<uint32_t>*>(const_cast<uint32_t*>(arrivals))->fetch_add(1);
      CHECK(actor.pass(g.at(cell)).passed == Barrier<P>::Passed::kYes);
      CHECK_EQ(*arrivals, round * kParties);
      CHECK(actor.pass(g.at(cell)).passed == Barrier<P>::Passed::kYes);
    }
  }));
  check_idle(ground, cell);
}

TEST(a_read_write_lock_works_between_processes) {
  SharedGround ground;
  const uint32_t lock = ground.cell();
  CHECK(in_children(ground, 4, [=](Actor& actor, SharedGround& g, int i) {
    volatile uint32_t* value = plain_word(g, lock);
    for (int round = 0; round < 2000 * kScale; round++) {
      CHECK(actor.lock_rw(g.at(lock), i < 2) == Acquired::kYes);
      if (i < 2) {
        *value = *value + 1;
        *value = *value + 1;
      } else {
        CHECK_EQ(*value % 2, 0u);
      }
      CHECK(actor.unlock_rw(g.at(lock), i < 2));
    }
  }));
  CHECK_EQ(*plain_word(ground, lock), 2u * 2 * 2000 * kScale);
  check_idle(ground, lock);
}

// A child is killed with the lock in its hands, while others sleep for it.
TEST(a_killed_holder_passes_its_lock_on) {
  SharedGround ground;
  const uint32_t mutex = ground.cell(), rw = ground.cell(), inherited = ground.cell();
  Child holder([&] {
    ground.map_again();
    Actor actor(ground.arena, 7);
    CHECK(actor.lock(ground.at(mutex)) == Acquired::kYes);
    CHECK(actor.lock_rw(ground.at(rw), true) == Acquired::kYes);
    for (;;) pause();
  });
  const auto holder_pid = static_cast<uint32_t>(holder.pid());
  const uint64_t started = platform::process_start_time(holder_pid);
  while (ground.at(rw).state.load() == 0) P::yield();

  std::vector<std::unique_ptr<Child>> waiters;
  for (int i = 0; i < 2; i++) {
    waiters.push_back(std::make_unique<Child>([&, i] {
      ground.map_again();
      Actor actor(ground.arena, static_cast<ThreadNumber>(i + 1));
      const Acquired got = actor.lock(ground.at(mutex));
      CHECK(got == Acquired::kYes || got == Acquired::kInherited);
      if (got == Acquired::kInherited) ground.at(inherited).state.fetch_add(1);
      actor.unlock(ground.at(mutex));
      const Acquired read = actor.lock_rw(ground.at(rw), false);
      CHECK(read == Acquired::kYes || read == Acquired::kInherited);
      if (read == Acquired::kInherited) ground.at(inherited).state.fetch_add(0x10000);
      CHECK(actor.unlock_rw(ground.at(rw), false));
    }));
  }
  Ground::until_asleep(ground.arena, 2);
  CHECK(platform::process_alive(holder_pid, started));
  holder.kill(SIGKILL);
  CHECK(holder.was_killed());
  CHECK(!platform::process_alive(holder_pid, started));
  CHECK(Mutex<P>::abandon(ground.arena, ground.at(mutex), 7, 9));
  CHECK(RWLock<P>::abandon(ground.arena, ground.at(rw), 7, 9));
  for (auto& waiter : waiters) CHECK(waiter->succeeded());
  CHECK_EQ(ground.at(inherited).state.load(), 0x10001u);
  CHECK_EQ(ground.at(mutex).died.load(), 7u);
  check_idle(ground, mutex);
  check_idle(ground, rw);
}

// Killed at a random moment of its uncontended loop, again and again.
TEST(a_lock_survives_kills_at_random_moments) {
  SharedGround ground;
  const uint32_t mutex = ground.cell();
  Actor parent(ground.arena, 9);
  int held = 0;
  for (int round = 0; round < 50 * kScale; round++) {
    volatile uint32_t* laps = plain_word(ground, mutex);
    *laps = 0;
    Child child([&] {
      ground.map_again();
      Actor actor(ground.arena, 7);
      for (;;) {
        CHECK(actor.lock(ground.at(mutex)) == Acquired::kYes);
        *plain_word(ground, mutex) = 1;
        actor.unlock(ground.at(mutex));
      }
    });
    while (*laps == 0) P::yield();
    child.kill(SIGKILL);
    CHECK(child.was_killed());
    const bool abandoned = Mutex<P>::abandon(ground.arena, ground.at(mutex), 7, 9);
    held += abandoned;
    CHECK(parent.lock(ground.at(mutex)) == (abandoned ? Acquired::kInherited : Acquired::kYes));
    CHECK(parent.unlock(ground.at(mutex)));
  }
  printf("     held at %d of %d kills\n", held, 50 * kScale);
  check_idle(ground, mutex);
}

}  // namespace
}  // namespace test
}  // namespace nogil
