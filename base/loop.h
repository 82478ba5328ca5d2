/* Loop: one libuv event loop and the thread that runs it; timers and signals on it.
 *
 * A loop belongs to the thread that calls loop_run: everything here and in base/stream.h is called
 * from that thread, or before loop_run and after its return from the thread that holds the loop.
 * Other threads use base/loop_post.h. A loop made as RCU reader registers its thread, is offline
 * while it waits, and online in every callback. Timers and signals are embedded in their owner,
 * whose memory must live until on_closed was called. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum { LOOP_SCRATCH = 65536 }; /* octets of loop->scratch */

struct loop {
    uv_loop_t uv; /* uv.data points back to the loop */
    uv_prepare_t prepare;
    uv_check_t check;
    uint8_t *scratch; /* for reading: content is valid within one callback only */
    bool is_reader;   /* its thread reads RCU data */
    bool is_offline;  /* and is offline now */
};

struct loop_timer {
    uv_timer_t uv;
    void *context; /* the owner's */
    void (*on_fire)(struct loop_timer *timer);
    void (*on_closed)(struct loop_timer *timer);
};

struct loop_signal {
    uv_signal_t uv;
    void *context; /* the owner's */
    void (*on_signal)(struct loop_signal *sig, int number);
    void (*on_closed)(struct loop_signal *sig);
};

/* Make a loop. Shape: the caller's, ended by loop_destroy. rcu_reader: see above. Units: none.
 * Errors: libuv's codes; aborts without memory. Source: libuv uv_loop_init. */
int loop_create(bool rcu_reader, struct loop **out_loop);

/* Run until loop_stop, or until nothing is left that could happen. May be called again afterwards.
 * Shape: none. Units: none. Errors: none. Source: libuv uv_run. */
void loop_run(struct loop *loop);

/* Let loop_run return after the present round. The loop's thread only; before loop_run it makes
 * that return at once. Shape: none. Units: none. Errors: none. Source: libuv uv_stop. */
void loop_stop(struct loop *loop);

/* Run the close callbacks that are due, and those that they lead to, and free the loop; NULL is
 * accepted. Who lets output leave before it closes runs loop_run once more before this.
 * Shape: nothing but closed and closing handles may be on it. Units: none.
 * Errors: UV_EBUSY when an open handle is left: a leak, or output; the loop is kept.
 * Source: libuv uv_loop_close. */
int loop_destroy(struct loop *loop);

/* Time of the present round, from an arbitrary start. Shape: none. Units: ms. Errors: none. Source:
 * libuv uv_now. */
uint64_t loop_now_ms(const struct loop *loop);

/* Become an online RCU reader again after waiting: the first act of every callback that a wait may
 * have led to. For the homes of libuv (base/loop*, base/stream*) only. Shape: none. Units: none.
 * Errors: none. Source: none. */
void loop_awake(struct loop *loop);

/* Prepare a timer, not started. Shape: embedded; context is kept. Units: none. Errors: none.
 * Source: libuv. */
void loop_timer_init(struct loop_timer *timer, struct loop *loop,
                     void (*on_fire)(struct loop_timer *timer), void *context);

/* Start or restart: fire after after_ms, then each repeat_ms (0 = once).
 * Shape: none. Units: ms, counted from now. Errors: nothing when closing. Source: libuv
 * uv_timer_start. */
void loop_timer_start(struct loop_timer *timer, uint64_t after_ms, uint64_t repeat_ms);

/* Do not fire. Shape: none. Units: none. Errors: none. Source: libuv uv_timer_stop. */
void loop_timer_stop(struct loop_timer *timer);

/* Give the timer up; on_closed (may be NULL) is called later, the memory is the owner's from then
 * on. Once only. Shape: none. Units: none. Errors: none. Source: libuv uv_close. */
void loop_timer_close(struct loop_timer *timer, void (*on_closed)(struct loop_timer *timer));

/* Watch a signal of the process. Shape: embedded; number as SIGHUP. Units: none.
 * Errors: libuv's codes, nothing to close then. Source: libuv uv_signal_start. */
int loop_signal_start(struct loop_signal *sig, struct loop *loop, int number,
                      void (*on_signal)(struct loop_signal *sig, int number), void *context);

/* Watch no more; on_closed (may be NULL) is called later. Once only. Shape: none. Units: none.
 * Errors: none. Source: libuv uv_close. */
void loop_signal_close(struct loop_signal *sig, void (*on_closed)(struct loop_signal *sig));
