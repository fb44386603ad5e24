#include <string.h>
#include <time.h>

#include "test/check.h"

// usage: test [--expect-failure] [part of a test's name]...
//
// --expect-failure turns the result round: the suite has to catch the bug that was built in.

namespace {

double seconds() {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

bool selected(const char* name, int argc, char** argv) {
  bool any = false;
  for (int i = 1; i < argc; i++) {
    if (argv[i][0] == '-') continue;
    any = true;
    if (strstr(name, argv[i]) != nullptr) return true;
  }
  return !any;
}

}  // namespace

int main(int argc, char** argv) {
  using nogil::test::checks;
  using nogil::test::failures;

  bool expect_failure = false;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--expect-failure") == 0) expect_failure = true;
  }
  setvbuf(stdout, nullptr, _IOLBF, 0);

  int ran = 0, failed = 0;
  for (nogil::test::Test* test = nogil::test::Registry::first(); test; test = test->next) {
    if (!selected(test->name, argc, argv)) continue;
    const uint64_t before = failures.load();
    const double start = seconds();
    test->body();
    const bool ok = failures.load() == before;
    printf("%s %s (%.2f s)\n", ok ? "ok  " : "FAIL", test->name, seconds() - start);
    ran++;
    if (!ok) failed++;
  }
  printf("%d tests, %d failed; %" PRIu64 " checks, %" PRIu64 " failed\n", ran, failed,
         checks.load(), failures.load());
  if (ran == 0) return 2;
  if (expect_failure) {
    printf(failed > 0 ? "the seeded bug was found\n" : "the seeded bug was NOT found\n");
    return failed > 0 ? 0 : 1;
  }
  return failed > 0 ? 1 : 0;
}
