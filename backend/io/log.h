/* The log: a file, never the terminal. Every line is made printable; a place in the program that says the same again and
 * again is cut to ten lines a minute, and what was left out is counted in the next one. No secret is ever logged. */
#ifndef IO_LOG_H
#define IO_LOG_H

#include "api/failure.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Appends to `path` (made 0600; beyond 8 MiB it becomes PATH.1 first). `program` stands in each line. Until a log is
 * open nothing is written anywhere. */
bool log_open(const char *path, const char *program, enum log_level level, struct failure *why);
/* The same on a descriptor that is open already and stays the caller's. */
void log_open_descriptor(int fd, const char *program, enum log_level level);
void log_close(void);
int log_descriptor(void); /* to be given to a child, or -1 */
bool log_level_parse(const char *word, enum log_level *out); /* "error" "warning" "info" "debug" */

/* `format` is a literal: it names the place for the limit. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
