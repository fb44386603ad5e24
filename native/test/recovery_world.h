#pragma once

#include "test/fault_checks.h"

// A tree with members that get somewhere, say so, and are killed there.

namespace nogil {
namespace test {

struct Words {
  std::atomic<uint32_t> ready, over, result[8];
  Tree::Told told;
};

// A member that does `body`, says that it has, and waits to be killed.
template <class F>
std::unique_ptr<Member> after(Tree& tree, Common<Words>& words, F body) {
  const uint32_t before = words->ready.load();
  auto member = std::make_unique<Member>(tree, [&] {
    Actor actor(tree.arena, tree.me);
    body(actor);
    words->ready.fetch_add(1);
    for (;;) pause();
  });
  CHECK(eventually([&] { return words->ready.load() > before; }));
  return member;
}

// A member that is to end by itself.
template <class F>
std::unique_ptr<Member> beside(Tree& tree, F body) {
  return std::make_unique<Member>(tree, [&tree, body] {
    Actor actor(tree.arena, tree.me);
    body(actor);
  });
}

inline void die(Tree& tree, Common<Words>& words, Member& member) {
  member.kill(tree);
  CHECK(tree.recover(member.number, &words->told));
  CHECK(!tree.recover(member.number, &words->told));
}

inline void check_all_back(Tree& tree) {
  check_quiet(tree);
  CHECK_EQ(check_heap(tree.arena).owned, 0u);
}

inline uint32_t asleep(Tree& tree) {
  uint32_t count = 0;
  Casualties<P>(tree.arena).for_each_record([&](Waiter<P>* w) {
    count += w->word.load() == kAsleep;
  });
  return count;
}

inline Waiter<P>* promise(Actor& actor) {
  Waiter<P>* w = Wait<P>::take_record(actor.arena, actor.me());
  w->flags.store(kAsync);
  w->since = P::now();
  return w;
}

inline void deliver_nothing() {
  WakeList<P>::ring = [](uint32_t) {};
}

}  // namespace test
}  // namespace nogil
