/* Ask SOA: one primary is asked for the serial of a zone, signed when a key is configured.
 *
 * An answer that is not the primary's does not count, whatever it says. It frees itself after its one
 * callback, or after ask_soa_stop. The refresher's thread only. */
#pragma once

#include "base/clock.h"
#include "base/loop.h"
#include "base/mac.h"
#include "server/request.h"
#include "server/secondary.h"

struct ask_soa;

struct ask_soa_options {
    const struct secondary_zone *secondary; /* borrowed during the call */
    size_t primary;                         /* position of who is asked */
    struct rules *rules;                    /* that have the key; shared */
    struct mac *mac;                        /* of the thread; borrowed */
    const struct clock *clock;
    /* soa NULL: no answer that counts, and why, in static text. */
    void (*on_done)(void *context, const struct request_soa *soa, const char *why);
    void *context;
};

/* Ask. Shape: see struct. Units: none. Errors: ERR_MISSING (no such key), those of ask_start: no
 * callback comes. Source: RFC 1035 3.3.13. */
int ask_soa_start(struct loop *loop, const struct ask_soa_options *options,
                  struct ask_soa **out_ask);

/* Ask no more: no callback comes. NULL is accepted. Shape: none. Units: none. Errors: none. Source:
 * none. */
void ask_soa_stop(struct ask_soa *ask);
