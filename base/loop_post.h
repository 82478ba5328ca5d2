/* Loop post: the way from any thread into a loop's thread. A message is embedded in what it is
 * about, so that sending neither allocates nor fails; its sender must not touch it again until
 * run() has it.
 *
 * The queue is embedded in an owner that outlives all senders. libuv merges wake-ups: one wake-up
 * runs all that waits. Messages of one sender arrive in order. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <uv.h>

#include "base/loop.h"

struct loop_post_item {
    struct loop_post_item *next; /* the queue's */
    void (*run)(struct loop_post_item
                    *item); /* called in the loop's thread; the item is the receiver's from then */
};

struct loop_post {
    uv_async_t uv;
    pthread_mutex_t lock; /* guards the three below */
    struct loop_post_item *first;
    struct loop_post_item **last;
    bool is_closed;
    void (*on_closed)(struct loop_post *post);
};

/* Open a queue on a loop; it keeps loop_run running. Shape: embedded. Units: none. Errors: libuv's
 * codes. Source: libuv uv_async_init. */
int loop_post_open(struct loop_post *post, struct loop *loop);

/* Send, from any thread. Shape: item->run is set by the sender. Units: none.
 * Errors: false when the queue is closed: the item stays the sender's. Source: libuv uv_async_send.
 */
bool loop_post_send(struct loop_post *post, struct loop_post_item *item);

/* Close, from the loop's thread: runs what waits, refuses what comes later; on_closed (may be NULL)
 * is called when the memory is the owner's again. Once only. Shape: none. Units: none. Errors:
 * none. Source: libuv uv_close. */
void loop_post_close(struct loop_post *post, void (*on_closed)(struct loop_post *post));
