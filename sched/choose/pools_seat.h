/* Seats: the names that have pools below them, and the names with CRES right below each, whether a centre is
 * there or not: so that a centre that comes finds its pools, and one that goes leaves them.
 *
 * Belongs to the table's writer; readers hold names alone, which live as long as what they name.
 * Prefix: pools_ */
#pragma once

#include "sched/choose/pools_form.h"
#include "sched/choose/pools_map.h"
#include "sched/choose/pools_turn.h"

struct pools_seat;

/* A name with CRES. */
struct pools_member {
    uint64_t made;
    struct pools_seat *seat;
    struct pools_member *next, *before; /* of its seat */
    bool is_mapped;                     /* it is in the map of those without a slot */
    uint32_t slot;  /* POOLS_NONE: no pool, as no centre is above, or no CRES counts */
    uint8_t name[]; /* wire form, lower case */
};

/* A name with members, or a centre, or both. */
struct pools_seat {
    uint64_t made;
    struct pools_member *first;
    uint32_t place; /* of the table's centres; POOLS_NONE: no centre */
    uint8_t name[]; /* wire form, lower case */
};

struct pools_seats {
    struct pools_turn *turn; /* borrowed */
    const struct hash_key *key;
    struct pools_turn own; /* of the maps, which have no readers */
    struct pools_map *seats;
    struct pools_map *members; /* those without a slot */
    struct pools_member **by_slot;
    size_t slots;
};

/* Begin without seats. Shape: all borrowed. Units: none. Errors: aborts without memory. Source: none. */
void pools_seat_init(struct pools_seats *seats, struct pools_turn *turn,
                     const struct hash_key *key);

/* Free everything at once. Shape: none. Units: none. Errors: none. Source: none. */
void pools_seat_finish(struct pools_seats *seats);

/* The seat of a name, or NULL. Shape: borrowed. Units: none. Errors: NULL. Source: none. */
struct pools_seat *pools_seat_find(const struct pools_seats *seats, const uint8_t *name);

/* Make the seat of a name that has none. Shape: name copied. Units: none. Errors: aborts without memory.
 * Source: none. */
struct pools_seat *pools_seat_add(struct pools_seats *seats, const uint8_t *name);

/* Give up a seat that has neither members nor a centre; another one stays. Shape: none. Units: none.
 * Errors: none. Source: none. */
void pools_seat_settle(struct pools_seats *seats, struct pools_seat *seat);

/* A member without a slot, or NULL. Shape: borrowed. Units: none. Errors: NULL. Source: none. */
struct pools_member *pools_seat_find_member(const struct pools_seats *seats, const uint8_t *name);

/* The member of a slot, or NULL. Shape: borrowed. Units: none. Errors: NULL. Source: none. */
struct pools_member *pools_seat_at(const struct pools_seats *seats, uint32_t slot);

/* Make a member, without a slot; pools_seat_move is called next. Shape: name copied. Units: none. Errors: aborts without memory. Source: none. */
struct pools_member *pools_seat_join(struct pools_seats *seats, struct pools_seat *seat,
                                     const uint8_t *name);

/* Give a member another slot, or POOLS_NONE. Shape: none. Units: none. Errors: aborts without memory.
 * Source: none. */
void pools_seat_move(struct pools_seats *seats, struct pools_member *member, uint32_t slot);

/* Give up a member without a slot. Its seat stays. Shape: none. Units: none. Errors: none. Source: none. */
void pools_seat_leave(struct pools_seats *seats, struct pools_member *member);
