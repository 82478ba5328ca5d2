/* Refresher: the thread that keeps secondary zones fresh, and passes updates on to primaries. It has
 * a loop of its own, so that neither answering nor the writer ever waits for another server.
 *
 * Others hand it messages: a configuration, a NOTIFY, an update, a wish. What it learns of a zone it
 * hands to the writer (server/refresh_news.h). */
#pragma once

#include "base/clock.h"
#include "server/adopt.h"
#include "server/forward.h"
#include "server/query_peer.h"
#include "server/secondary.h"
#include "server/stat.h"
#include "server/world.h"
#include "server/writer.h"

struct refresh;

struct refresh_options {
    const struct world_handle *world;
    struct writer *writer;
    struct adopt_context adopt;
    const struct clock *clock;
    struct stat_set *stat; /* of its thread */
};

/* Make it and start its thread, with no zone to care for. Shape: borrows all, they outlive it. Units:
 * none. Errors: -errno, libuv's codes. Source: none. */
int refresh_create(const struct refresh_options *options, struct refresh **out_refresh);

/* Care for the zones of this set from now on. Any thread, after the world that has them.
 * Shape: refresh is a struct refresh (see struct keeper_refresh); secondaries are shared. Units: none.
 * Errors: none. Source: none. */
void refresh_configure(void *refresh, struct secondary_set *secondaries);

/* A primary's NOTIFY came: the zone is looked at soon, once however many come. Any thread.
 * Shape: peer is one of its primaries. Units: none. Errors: none. Source: RFC 1996 4. */
void refresh_notify(struct refresh *refresh, const struct secondary_zone *secondary,
                    const struct query_peer *peer);

/* Fetch a zone whole, now. Any thread. Shape: none. Units: none. Errors: none. Source: none. */
void refresh_force(struct refresh *refresh, const struct secondary_zone *secondary);

/* Where updates of secondary zones go. Shape: borrowed. Units: none. Errors: none. Source: none. */
struct forward *refresh_forward(struct refresh *refresh);

/* End the thread: nothing is asked or answered any more, what others hand over is dropped. NULL is
 * accepted. Before the writer ends. Shape: none. Units: none. Errors: none. Source: none. */
void refresh_stop(struct refresh *refresh);

/* Free, after refresh_stop, when nobody hands anything over. NULL is accepted. Shape: none. Units:
 * none. Errors: none. Source: none. */
void refresh_destroy(struct refresh *refresh);
