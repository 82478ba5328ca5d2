/* Refresh round: one secondary zone and what is done to keep it fresh, round after round: primaries
 * are asked for their serial one after the other, a newer zone is fetched, the writer takes it over.
 *
 *   IDLE -> ASKING -> (WAITING ->) FETCHING -> ADOPTING -> IDLE
 *
 * Each step ends with the next one or, when every primary was asked, with the end of the round, which
 * sets the time of the next. Belongs to the refresher's thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "base/loop_post.h"
#include "base/mac.h"
#include "server/ask_soa.h"
#include "server/refresh_age.h"
#include "server/refresh_news.h"
#include "server/secondary.h"
#include "server/xfr_in.h"

enum { REFRESH_ROUNDS_MAX = 64 }; /* at one time: a start with many zones is no burst */

enum refresh_round_step {
    REFRESH_ROUND_IDLE,
    REFRESH_ROUND_ASKING,
    REFRESH_ROUND_WAITING, /* for its turn to fetch */
    REFRESH_ROUND_FETCHING,
    REFRESH_ROUND_ADOPTING,
};

/* What all rounds share. All borrowed. */
struct refresh_round_with {
    struct loop *loop;
    struct loop_post *post;
    const struct world_handle *world;
    struct writer *writer;
    struct adopt_context adopt;
    const struct clock *clock;
    struct stat_set *stat;
    struct mac *mac;
    struct secondary_limits limits;
    unsigned rounds;    /* that are not idle */
    unsigned transfers; /* fetching or adopting */
    void (*on_change)(
        void *context); /* something is due earlier, or there is room for a transfer */
    void *context;
};

/* How a primary did. */
struct refresh_round_primary {
    unsigned fails;         /* transfers in a row that came to nothing */
    uint64_t not_before_ns; /* the next one */
};

struct refresh_round {
    struct refresh_round_with *with;
    const struct secondary_zone *secondary;
    struct secondary_state *state; /* shared */
    enum refresh_round_step step;
    struct refresh_round_primary primaries[SERVER_CONF_PRIMARIES_MAX];
    size_t at, left; /* who is asked now, how many are still to be asked */
    bool is_forced;  /* fetch it whole, whatever the serial, and whoever failed before */
    bool is_wished;  /* meanwhile: the next round is forced */
    bool is_whole;   /* changes do not fit: fetch it whole */
    bool is_again;   /* a NOTIFY came meanwhile: once more */
    bool is_expired; /* and the writer knows */
    bool was_told;   /* that all primaries fail */
    struct refresh_age age;
    unsigned fails; /* rounds in a row that came to nothing */
    uint64_t due_ns;
    const char *why; /* it did not work so far, static text */
    struct ask_soa *ask;
    struct xfr_in *xfr;
    struct refresh_news *news; /* content that the writer has */
    uint64_t transfer_ms;      /* that it took to come */
};

/* Begin to care for a zone; its first round is due at once.
 * Shape: secondary borrowed until it is replaced; ended by refresh_round_destroy. Units: none. Errors:
 * aborts without memory. Source: none. */
struct refresh_round *refresh_round_create(struct refresh_round_with *with,
                                           const struct secondary_zone *secondary);

/* Care no more. NULL is accepted. Shape: what the writer has of it finds nobody. Units: none. Errors:
 * none. Source: none. */
void refresh_round_destroy(struct refresh_round *round);

/* The same zone under another configuration; when the primaries are others, a round begins anew.
 * Shape: as create. Units: none. Errors: none. Source: none. */
void refresh_round_configure(struct refresh_round *round, const struct secondary_zone *secondary);

/* Let all rounds do what is due, and tell when to come back, UINT64_MAX: after on_change. There is room
 * for some at a time: who began last, or whose transfer did, is the last of the next call.
 * Shape: *turn is the position of the first one, 0 at first and when the rounds are others. Units: ns of
 * the monotonic clock. Errors: none. Source: RFC 1035 3.3.13. */
uint64_t refresh_round_step_all(struct refresh_round *const *rounds, size_t count, size_t *turn,
                                uint64_t now_ns);

/* A primary said NOTIFY: ask soon, that one first. Shape: position in the primaries. Units: none.
 * Errors: none. Source: RFC 1996 4.2. */
void refresh_round_notify(struct refresh_round *round, size_t primary);

/* Fetch the zone whole, now. Shape: none. Units: none. Errors: none. Source: none. */
void refresh_round_force(struct refresh_round *round);
