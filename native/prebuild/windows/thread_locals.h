#pragma once

// When the library is loaded. False: the process has no more room for thread-local things.
bool begin_thread_locals();

// When a thread ends.
void end_thread_locals_of_this_thread();
