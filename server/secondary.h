/* Secondary zones: who the primaries of each are, by configuration, and how fresh it is.
 *
 * A set is immutable, shared by reference count, and part of the rules of a world. The state of a
 * zone is shared by all sets that have the zone, one after the other: a reload keeps it. Of a state,
 * the writer's thread sets zone and is_served, the refresher's the times and marks; everybody reads,
 * through the functions below. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/conf.h"
#include "server/query_peer.h"
#include "zones/zone.h"

struct secondary_state {
    uint64_t refs;
    struct zone *zone; /* what the writer has, served or not; version 0: nothing yet. rcu_read */
    bool is_served;
    bool is_busy;        /* a refresh is under way */
    uint64_t expires_ns; /* monotonic clock; without meaning before there are data */
    int64_t refreshed_s; /* UNIX s, 0: never: a primary said that this is the newest */
    int64_t next_s;      /* UNIX s, 0: now: it is asked again */
    int64_t stored_s;    /* the writer's: refreshed_s as the store has it */
    bool is_notified;    /* a NOTIFY is on its way to the refresher */
    unsigned forward_at; /* position of the primary that updates go to first: atomic */
};

/* One secondary zone. Owned by its set. */
struct secondary_zone {
    uint8_t *zone; /* wire form, lower case */
    struct server_conf_address *primaries;
    size_t primary_count; /* at least 1 */
    uint8_t *key;         /* name in wire form, lower case; NULL: requests are not signed */
    bool forwards;        /* updates */
    bool is_catalog;
    struct secondary_state *state;
};

/* Limits of what comes in. */
struct secondary_limits {
    unsigned transfers_max; /* at one time */
    uint32_t stall_ms;
    uint64_t octets_max; /* of one transfer */
};

struct secondary_set;

/* Make the set of those zones that have primaries, one reference; states are taken from an older set
 * (NULL: there was none) where it has the zone and it is not renewed. Shape: all copied. Units: none. Errors: aborts
 * without memory. Source: none. */
struct secondary_set *secondary_create(const struct server_conf_server *server,
                                       const struct server_conf_zone *zones, size_t count,
                                       const struct secondary_set *old);

/* Share and give up; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none. */
struct secondary_set *secondary_ref(struct secondary_set *set);
void secondary_unref(struct secondary_set *set);

/* The secondary zone of exactly this name, or NULL. Shape: wire form, any case; borrowed; set may be
 * NULL. Units: none. Errors: NULL. Source: none. */
const struct secondary_zone *secondary_find(const struct secondary_set *set, const uint8_t *zone);

/* Zones of a set, by position in canonical order. Shape: borrowed. Units: zones. Errors: none.
 * Source: none. */
size_t secondary_count(const struct secondary_set *set);
const struct secondary_zone *secondary_at(const struct secondary_set *set, size_t i);

/* Limits of a set. Shape: borrowed. Units: see struct. Errors: none. Source: none. */
const struct secondary_limits *secondary_get_limits(const struct secondary_set *set);

/* True when an address, whatever its port, is that of a primary; *out_at is the first one's position.
 * Shape: out_at may be NULL. Units: none. Errors: false. Source: RFC 1996 3.10. */
bool secondary_is_primary(const struct secondary_zone *secondary, uint8_t family,
                          const uint8_t *address, size_t *out_at);

/* Share and give up a state; NULL is accepted. Shape: none. Units: none. Errors: none. Source: none.
 */
struct secondary_state *secondary_ref_state(struct secondary_state *state);
void secondary_unref_state(struct secondary_state *state);

/* Is the zone served: it has data, and they are not too old? Any thread. Shape: none. Units: none.
 * Errors: none. Source: RFC 1035 3.3.13. */
bool secondary_is_served(const struct secondary_state *state);

/* The writer's: serve it or not. Shape: none. Units: none. Errors: none. Source: none. */
void secondary_serve(struct secondary_state *state, bool is_served);

/* The writer's: this is the zone's data from now on. Shape: takes a reference of its own. Units:
 * none. Errors: none. Source: none. */
void secondary_take_zone(struct secondary_state *state, struct zone *zone);

/* What people see of a zone's freshness. */
struct secondary_view {
    const char *state;   /* static text: "loading" (nothing yet), "ok", "expired" */
    bool is_busy;        /* a refresh is under way */
    int64_t refreshed_s; /* UNIX s, 0: never */
    int64_t next_s;      /* UNIX s, 0: now */
    uint32_t left_s;     /* until it expires */
};

/* Look at a state. In an RCU read section. Shape: none. Units: see struct; now on the monotonic clock.
 * Errors: none. Source: none. */
struct secondary_view secondary_look(const struct secondary_state *state, uint64_t now_ns);

/* Time until the data expire, 0 when they have. Any thread. Shape: none. Units: s; now on the
 * monotonic clock. Errors: none. Source: RFC 7314 2. */
uint32_t secondary_left_s(const struct secondary_state *state, uint64_t now_ns);

/* The refresher's, or before it knows the zone: the data were the newest at a time, and are good for
 * a while. Shape: none. Units: ns of the monotonic clock, UNIX s. Errors: none. Source: none. */
void secondary_set_times(struct secondary_state *state, uint64_t expires_ns, int64_t refreshed_s);
