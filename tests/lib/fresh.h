/* A refresher for tests, with keeper, writer and a primary that gives what the test wants; zone "t.".
 *
 * The primary answers SOA with soa_serial, and transfers with the text of their type (NULL: silence).
 * One at a time: the calling thread is an RCU reader from its start to its end. */
#pragma once

#include "server/refresh.h"
#include "tests/lib/kept.h"
#include "tests/lib/primary.h"

struct fresh {
    struct kept kept;
    struct writer *writer;
    struct refresh *refresh;
    struct stat_set *stat;
    struct primary primary;
    pthread_mutex_t lock; /* guards what follows: the primary reads it */
    uint32_t soa_serial;
    const char *axfr, *ixfr; /* texts as in tests/lib/transfers.h */
    unsigned asked, axfrs, ixfrs;
};

/* Start, with the zone's configuration: it has the primary. Shape: none. Units: none. Errors: fails
 * the test. Source: none. */
void fresh_start(struct fresh *fresh, uint32_t soa_serial, const char *axfr);

/* The same without zones and refresher: the test has its own. Shape: ended as the other. Units: none.
 * Errors: fails the test. Source: none. */
void fresh_open(struct fresh *fresh, uint32_t soa_serial, const char *axfr);

/* End. Shape: none. Units: none. Errors: none. Source: none. */
void fresh_finish(struct fresh *fresh);

/* What the primary says from now on. Shape: texts are borrowed. Units: none. Errors: none. Source:
 * none. */
void fresh_say(struct fresh *fresh, uint32_t soa_serial, const char *axfr, const char *ixfr);

/* How often it was asked: &fresh->asked, axfrs or ixfrs. Shape: none. Units: none. Errors: none.
 * Source: none. */
unsigned fresh_read(struct fresh *fresh, const unsigned *count);

/* A NOTIFY of the primary. Shape: none. Units: none. Errors: none. Source: none. */
void fresh_notify(struct fresh *fresh);

/* Wait until the zone is served with a serial (0: until it is not served). Shape: none. Units: none.
 * Errors: fails the test after some seconds. Source: none. */
void fresh_wait(struct fresh *fresh, uint32_t serial);

/* Wait until a counter of the refresher is at least so much. Shape: none. Units: none. Errors: as
 * fresh_wait. Source: none. */
void fresh_wait_count(struct fresh *fresh, enum stat_counter counter, uint64_t least);
