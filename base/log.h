/* Log: one line an event on stderr, `time level event key=value ...`.
 *
 * A value with blanks, quotes or control octets is quoted and escaped, so a name from the wire can
 * not forge a line (threats row 36). Each event is limited to a burst of lines per second; what
 * was held back is counted in the next line that gets through (`suppressed=N`). Any thread; one
 * write(2) a line. */
#pragma once

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Set the least important level that is written, and the name of the program (borrowed, may be
 * NULL).
 * Shape: called once before threads. Units: none. Errors: none. Source: none. */
void log_init(enum log_level level, const char *program);

/* Change the level at run time. Any thread. Shape: none. Units: none. Errors: none. Source: none. */
void log_set_level(enum log_level level);

/* True when a level is written: guard for dear arguments. Shape: none. Units: none. Errors: none.
 * Source: none. */
bool log_is_on(enum log_level level);

/* Write one event. `format` is "key=%s key=%d ...": one conversion a key, separated by one blank;
 * %s values are quoted when needed. NULL for no keys. Shape: event is a static lower_case word,
 * also the rate limit's key.
 * Units: say them in the key (size_octets). Errors: none. Source: none. */
void log_write(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(event, ...) log_write(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)  log_write(LOG_WARN, event, __VA_ARGS__)
#define log_info(event, ...)  log_write(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...)                                                                      \
    do {                                                                                           \
        if (log_is_on(LOG_DEBUG)) {                                                                \
            log_write(LOG_DEBUG, event, __VA_ARGS__);                                              \
        }                                                                                          \
    } while (0)
