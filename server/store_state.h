/* Store state: may updates be written now, and if not, why; how full the store is; and how it comes back
 * without a restart.
 *
 *   ok -> full | failed   a commit failed (kv_stopped): nothing more is acknowledged
 *   full | failed -> ok   it was opened again, written to, compared with memory, and saved where it differed
 *
 * Beside that, how much room is left: low is an alarm, short refuses records that make a zone grow.
 * Belongs to the process; store_state_look is for any thread, the timer for the loop's, the rest for the
 * writer's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/loop.h"
#include "server/keeper.h"
#include "server/stat.h"
#include "server/writer.h"
#include "zones/zone_store.h"

enum store_state_sort { STORE_STATE_OK, STORE_STATE_FULL, STORE_STATE_FAILED, STORE_STATE_SORTS };
enum store_state_room { STORE_STATE_PLENTY, STORE_STATE_LOW, STORE_STATE_SHORT };

enum {
    STORE_STATE_LOW_PERCENT = 70,    /* of all that it can have, used: alarm */
    STORE_STATE_SHORT_PERCENT = 85,  /* no record is added any more */
    STORE_STATE_HEADROOM = 1 << 20,  /* octets; nor with less than this left */
    STORE_STATE_RETRY_MS = 500,      /* before it is opened again for the first time */
    STORE_STATE_RETRY_MAX_MS = 8000, /* doubling up to this */
};

/* What people see of it. */
struct store_state_view {
    enum store_state_sort sort;
    enum store_state_room room;
    int err;             /* the last failure, 0: there was none */
    uint64_t since_ns;   /* mono time when sort became what it is */
    uint64_t used, left; /* octets; of what is left, the next checkpoint's part is taken off */
};

struct store_state;

/* Make one, ok. Shape: borrows all, they outlive it. Units: none. Errors: aborts without memory.
 * Source: none. */
struct store_state *store_state_create(struct zone_store *store, struct keeper *keeper,
                                       const struct clock *clock, struct stat_set *stat);

/* Free, when the writer has ended; NULL is accepted. Shape: none. Units: none. Errors: none.
 * Source: none. */
void store_state_destroy(struct store_state *state);

/* Look after the store now and then. Shape: borrows both until store_state_stop and the end of the
 * writer. Units: none. Errors: none. Source: none. */
void store_state_start(struct store_state *state, struct loop *loop, struct writer *writer);

/* Stop the timer; NULL, and one that was never started, are accepted. Shape: none. Units: none.
 * Errors: none. Source: none. */
void store_state_stop(struct store_state *state);

/* One round of care: notice a failure, open again when it is time, measure the room.
 * Shape: writer's thread, no group open. Units: none. Errors: none. Source: threats rows 52 to 54. */
void store_state_tend(struct store_state *state);

/* Why nothing can be acknowledged at present, 0: it can; asked before each group. NULL is accepted.
 * Shape: writer's thread, no group open. Units: none. Errors: returned. Source: threats row 53. */
int store_state_error(struct store_state *state);

/* True when nothing may be added. NULL is accepted. Shape: writer's thread. Units: none. Errors: none.
 * Source: threats row 54. */
bool store_state_is_short(const struct store_state *state);

/* Why an update is refused, for its sender. NULL is accepted. Shape: terminated, size octets at most.
 * Units: octets. Errors: none. Source: RFC 8914 2. */
void store_state_explain(const struct store_state *state, int err, char *out_text, size_t size);

/* See it. Any thread. Shape: a copy. Units: see struct. Errors: none. Source: none. */
void store_state_look(struct store_state *state, struct store_state_view *out_view);

/* "ok", "full", "failed". Shape: static, terminated. Units: none. Errors: none. Source: none. */
const char *store_state_word(enum store_state_sort sort);
