/* A backend of our own for tests of screens: a handful of devices, a small MIB, a journal, an outbox; no network, no
 * disk. Replies come a few milliseconds later by the loop, as real ones do. */
#ifndef TESTS_FAKE_H
#define TESTS_FAKE_H

#include "api/journal.h"

/* One more notification is committed. */
void fake_notify(enum severity severity, const char *says, bool inform);
/* This many more are committed at once, all of now: informational ones that say "storm ID". No fake_notify after it. */
void fake_storm(int64_t rows);
/* An empty journal again. */
void fake_forget(void);
/* Retention: rows before this one are gone. */
void fake_retain(int64_t from);
/* Rows that were read; the most by one statement. */
extern size_t fake_rows_read, fake_rows_most;
/* The store refuses to open, with this sentence (NULL: it opens). */
extern const char *fake_store_refuses;
/* Writes are refused as busy this many times. */
extern int fake_busy;
/* The devices' texts are hostile: escapes, bidirectional overrides, wide characters, endless combining marks. */
extern bool fake_hostile;
/* The settings have no devices / cannot be read. */
extern bool fake_no_devices;
extern const char *fake_settings_refuse;
/* A helper library prints to standard output and standard error when a device is asked. */
extern bool fake_noise;
/* The next ask of a device crashes the program. */
extern bool fake_crash;
/* Packets that left: SETs. */
extern int fake_sets_sent;

#endif
