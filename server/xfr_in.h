/* Zone transfer in: one AXFR or IXFR asked of one primary by TCP, verified message by message.
 *
 * Nothing of it is used before the last signature is good. It frees itself after on_done, or after
 * xfr_in_stop. The refresher's thread only. */
#pragma once

#include "base/clock.h"
#include "base/loop.h"
#include "server/rules.h"
#include "server/secondary.h"
#include "zones/zone_xfr_in.h"

struct xfr_in;

/* How a transfer ended. */
struct xfr_in_result {
    int err;                     /* 0: content is whole */
    const char *why;             /* static text, for logs */
    struct zone_xfr_in *content; /* the receiver's, when err is 0 */
    bool is_refused_form;        /* or can not be read: an IXFR, and an AXFR may do */
    uint64_t ms;                 /* that it took */
};

struct xfr_in_options {
    const struct secondary_zone *secondary; /* borrowed during the call */
    size_t primary;                         /* position of who is asked */
    uint16_t type;                          /* AXFR or IXFR */
    struct rules *rules;                    /* that have the key; shared */
    const struct zone *zone;                /* that we have, for IXFR; borrowed during the call */
    const struct hash_key *hash_key;
    const struct secondary_limits *limits;
    const struct clock *clock;
    void (*on_done)(void *context, const struct xfr_in_result *result);
    void *context;
};

/* Begin. Shape: see struct. Units: none. Errors: ERR_MISSING (no such key), -errno, libuv's codes: no
 * callback comes. Source: RFC 1995 3, RFC 5936 2.1. */
int xfr_in_start(struct loop *loop, const struct xfr_in_options *options, struct xfr_in **out_xfr);

/* Give it up: no callback comes. NULL is accepted. Shape: none. Units: none. Errors: none. Source:
 * none. */
void xfr_in_stop(struct xfr_in *xfr);
