/* The world: what every query sees of configuration and zones, as one immutable snapshot behind one
 * pointer.
 *
 * The main thread and the writer replace it as a whole (world_publish); readers take it once per
 * batch inside their RCU read section, or share it by reference to keep it longer. The handle
 * outlives all threads. A world owns its zone set and shares its rules. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/rcu.h"
#include "server/rules.h"
#include "zones/zone_set.h"

enum { WORLD_SECRET_LEN = 16 }; /* octets of a secret of cookies */

/* What a query needs to know of the configuration; texts are owned by the world. */
struct world_options {
    uint16_t udp_payload; /* octets */
    uint16_t tcp_idle_ds; /* 100 ms, for edns-tcp-keepalive */
    bool cookies;         /* RFC 9018 */
    bool nsid;            /* RFC 5001 */
    bool ecs;             /* RFC 7871 */
    const char *identity; /* NSID and CH TXT id.server; NULL: not told */
    const char *version;  /* CH TXT version.server; NULL: not told */
    size_t find_cache;    /* octets for ready answers of one worker */
    uint32_t find_share;  /* % of a worker's time that rankings may take */
    uint32_t sig0_rate;   /* messages per second; 0: SIG(0) is off */
    uint32_t sig0_rate_per_address;
    uint8_t cookie_secret[WORLD_SECRET_LEN];
    uint8_t cookie_previous[WORLD_SECRET_LEN]; /* accepted as well: secrets roll over in steps */
};

struct steer_first;

struct world {
    struct rcu_later later;
    uint64_t refs;
    uint64_t number; /* of this world, from 1: tells it from all others of the process */
    struct world_options options;
    struct rules *rules;
    struct zone_set *zones;
    struct hash_key zones_key; /* the handle's, beside what is looked up with it */
};

struct world_handle {
    struct world *now;   /* rcu_read */
    struct hash_key key; /* of all names of the process, set at start */
    struct steer_first
        *first; /* first choices of sticky services, set at start; NULL: nothing sticks */
};

/* Put a new world in place of the old one, which goes after a grace period and its last reference.
 * Shape: zones taken, rules shared (NULL: nobody may do anything but ask), the texts of
 * options copied. Units: none. Errors: aborts without
 * memory. Source: none. */
void world_publish(struct world_handle *handle, const struct world_options *options,
                   struct zone_set *zones, struct rules *rules);

/* Keep a world beyond the read section in which it was read. Shape: none. Units: none. Errors: none.
 * Source: none. */
struct world *world_ref(const struct world *world);

/* Give it up. Any thread. Shape: none. Units: none. Errors: none. Source: none. */
void world_unref(struct world *world);

/* Free the last world, when no reader is left. Shape: none. Units: none. Errors: none. Source:
 * none. */
void world_finish(struct world_handle *handle);
