/* SIG(0) on its way to the writer: a thread of its own verifies what workers recognised, so that
 * neither answers nor other updates wait for a public-key operation.
 *
 * Workers submit from any thread, after policy, time and key tag have let a message pass; the quota is
 * spent here. A job owns copies of everything (threats row 2). What was verified goes on through the
 * update gate, what was not goes there with its refusal, so that one place answers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "server/stat.h"
#include "server/update.h"
#include "zones/dns_sig0.h"

enum { SIG0_KEYS = 2 }; /* tried for one message: threats row 1 */

struct sig0;

struct sig0_limits {
    size_t count_max;  /* messages that wait */
    size_t octets_max; /* of them */
};

/* One message as a worker has recognised it; all is copied. */
struct sig0_message {
    struct update_message update;    /* without signer and refusal */
    size_t at;                       /* of the SIG record */
    const struct dns_sig0_key *keys; /* that its tag and algorithm name */
    unsigned key_count;              /* 1 to SIG0_KEYS */
    bool is_srp;                     /* the key came with the message */
};

/* Start the thread. Shape: borrows all, they outlive it; ended by sig0_destroy. Units: see struct.
 * Errors: ERR_UNSUPPORTED (the library lacks an algorithm), -errno of thread creation. Source: none. */
int sig0_create(struct update_gate *gate, const struct clock *clock, struct stat_set *stat,
                const struct sig0_limits *limits, struct sig0 **out_sig0);

/* Verify what waits, hand it over, and end the thread: when nobody submits any more and before the
 * writer ends; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
void sig0_destroy(struct sig0 *sig0);

/* Queue a message for verification; it is answered through its way back, whatever comes of it.
 * Shape: see struct. Units: octets. Errors: false: over quota (of its world's options) or full, the
 * caller answers. Source: RFC 2931, threats row 1. */
bool sig0_submit(struct sig0 *sig0, const struct sig0_message *message);
