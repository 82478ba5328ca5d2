/* NOTIFY out: the secondaries of a zone are told that it has changed, at most every notify_delay,
 * and told again until they answer or have been silent for too long.
 *
 * Belongs to the loop. The writer only says "something changed"; the loop compares the serials of
 * the present world with what it told each secondary. A secondary that owes an answer is told of
 * newer serials only when its next try is due. After a start and after a reload all are told once:
 * nobody knows what the last process managed to say. */
#pragma once

#include <stdint.h>

#include "base/loop.h"
#include "server/conf.h"
#include "server/stat.h"
#include "server/world.h"

enum { NOTIFY_TRIES = 5, NOTIFY_RETRY_MS = 2000 }; /* waits of 2, 4, 8, 16 and 32 s: one minute */

struct notify;

/* Make it, with nobody to tell. The loop's thread, or before it runs.
 * Shape: borrows all, they outlive it; stat is the set of the loop's thread. retry_ms is the wait for
 * the first answer, doubled at each try. Units: ms. Errors: -errno, libuv's codes, when there is no
 * socket of either family. Source: RFC 1996 3.6. */
int notify_create(struct loop *loop, const struct world_handle *world, struct stat_set *stat,
                  uint32_t retry_ms, struct notify **out_notify);

/* Stop and free, once its handles are closed; NULL is accepted. Who is still to be told is told after
 * the next start. The loop's thread, when nobody else calls any more. Shape: none. Units: none.
 * Errors: none. Source: none. */
void notify_destroy(struct notify *notify);

/* Tell from now on the secondaries of this configuration, each of them at once. Any thread, one at a
 * time. Shape: conf borrowed during the call. Units: none. Errors: aborts without memory. Source:
 * none. */
void notify_configure(struct notify *notify, const struct server_conf *conf);

/* As notify_configure, but only who is new is told at once: zones came or went, and the rest is as it
 * was. Shape: zones in canonical order of their names, here and in the call before. Units: none.
 * Errors: aborts without memory. Source: none. */
void notify_follow(struct notify *notify, const struct server_conf *conf);

/* Zones may have changed: look soon. Any thread, after the change was published; costs one atomic
 * exchange while a look is due anyway. Shape: none. Units: none. Errors: none. Source: none. */
void notify_changed(struct notify *notify);
