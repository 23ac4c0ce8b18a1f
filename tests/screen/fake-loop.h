#ifndef TESTS_FAKE_LOOP_H
#define TESTS_FAKE_LOOP_H

#include "api/loop.h"

/* Let time pass: timers fire in order. */
void fake_loop_run(int64_t nanoseconds);

#endif
