/* A disk that is full: no file of this process takes octets behind a limit any more. One thread at a time;
 * the limit holds for the whole process, its standard output included where that is a file. */
#pragma once

#include <stdint.h>

/* Let no file grow beyond so many octets: a write behind them is -EFBIG, one across is short.
 * Shape: undone by disk_mend. Units: octets. Errors: fails the test. Source: setrlimit(2). */
void disk_break(uint64_t octets);

/* Take octets again. Shape: none. Units: none. Errors: fails the test. Source: none. */
void disk_mend(void);
