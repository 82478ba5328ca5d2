/* Forward: updates of secondary zones on their way to a primary, and its answers on their way back.
 *
 * The message goes on as it came: we do not have its key. Only its ID is another, which TSIG allows
 * (its Original ID stays); a SIG(0) signs the ID, so that one keeps it. Workers submit from any
 * thread; the rest belongs to the refresher's loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "base/loop_post.h"
#include "server/query_peer.h"
#include "server/secondary.h"
#include "server/stat.h"
#include "server/update_return.h"

enum {
    FORWARD_MAX = 256,       /* updates under way in all */
    FORWARD_SOURCE_MAX = 64, /* from one address */
};

struct forward;

/* One update. Everything is copied. */
struct forward_message {
    const struct secondary_zone *secondary;
    const struct query_peer *peer;
    const struct update_return *back;
    bool keeps_id; /* signed by SIG(0) */
    const uint8_t *octets;
    size_t len;
};

/* Make it. Shape: borrows all, they outlive it; post is of that loop. Units: none. Errors: aborts
 * without memory. Source: none. */
struct forward *forward_create(struct loop *loop, struct loop_post *post, struct stat_set *stat);

/* Pass a message on; it is answered through its way back, whatever comes of it. Any thread.
 * Shape: see struct. Units: octets. Errors: false: too many are under way, the caller answers. Source:
 * RFC 2136 6, threats row 9. */
bool forward_submit(struct forward *forward, const struct forward_message *message);

/* Answer all that are under way, and take no more. The loop's thread. Shape: none. Units: none.
 * Errors: none. Source: none. */
void forward_stop(struct forward *forward);

/* Free, when nobody submits any more and the loop has ended; NULL is accepted. Shape: none. Units:
 * none. Errors: none. Source: none. */
void forward_destroy(struct forward *forward);
