/* What the table of pools looks like: blocks of 64 pools, columns of numbers, centres, sets of data.
 *
 * Everything here is immutable for readers and borrowed from the version they hold; sched/choose/pools.h looks
 * into it. Numbers are in the attribute's stored unit (docs/records.md).
 * Prefix: pools_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "sched/choose/pools_hash.h"
#include "zones/attr.h"

enum { POOLS_BLOCK = 64, POOLS_PATHS_MAX = 256, POOLS_COPIES_MAX = 256 };

#define POOLS_NONE UINT32_MAX /* no such slot or centre */

/* Columns: one for each attribute by enum attr_index, and these. Numbers and enums stand as they are; a set
 * is a mask, bit n - 1 for word n; BOOL is 1; a text is pools_text_hash of it; SPAN (maint) and LIST
 * have no column. `state` is the worst of pool and centre, other attributes of both are the pool's,
 * else the centre's. Of several CRES the first that has an attribute gives it, in canonical order
 * (RFC 4034 6.3: an RRset has no other); acc to accmem, fp64 to basis and price to plan each come
 * together from one, as in the TXT mirror. vis has no column. */
enum pools_column {
    POOLS_NAME = ATTR_COUNT, /* pools_name_hash of the pool */
    POOLS_CENTRE,            /* and of its centre */
    POOLS_PLACE, /* of its centre in pools->centres: names that are one word are not one centre */
    POOLS_COLUMNS,
};

/* One way from a centre (CNET). Unknown numbers have no bit in `has`. */
struct pools_path {
    uint64_t
        target; /* pools_name_hash of the target's name below the apex; else of the whole name */
    uint64_t exact;  /* pools_exact_hash of it; both 0: none */
    uint64_t region; /* pools_text_hash of `region`; 0: none */
    uint64_t has;    /* bit (key - ATTR_KEY_medium) of what is known: medium .. slice */
    uint64_t bw_mbits, bwf_mbits, rtt_us, jitter_us, loss_ppm;
    uint64_t enc;   /* mask of words */
    uint64_t slice; /* pools_text_hash */
    uint8_t medium; /* word */
};

/* A centre, shared by its pools. */
struct pools_centre {
    const uint8_t *name;                  /* wire form, lower case */
    uint64_t hash;                        /* pools_name_hash: what a word says */
    uint64_t exact;                       /* pools_exact_hash: what a record says */
    uint64_t regions[3];                  /* region and what it lies in, pools_region_hashes */
    uint64_t jur;                         /* pools_text_hash; 0: unknown */
    uint64_t maint_from_s, maint_until_s; /* 0, 0: none */
    bool hub, has_loc;
    double latitude, longitude; /* degrees, north and east */
    const struct pools_path *paths;
    size_t path_count;
};

/* What a number can not hold. Immutable, shared by versions. */
struct pools_pool {
    const uint8_t *name;                  /* wire form, lower case */
    uint32_t centre;                      /* of pools->centres */
    uint64_t maint_from_s, maint_until_s; /* the pool's own; 0, 0: none */
    const struct pools_item {
        uint16_t key;  /* enum attr_key, of a LIST */
        uint64_t hash; /* pools_text_hash of one item */
    } * items;         /* by key, then hash */
    size_t item_count;
};

struct pools_block {
    uint64_t used;               /* bit i: slot i holds a pool */
    uint64_t has[POOLS_COLUMNS]; /* bit i: pool i publishes it; also a LIST, and maint of pool
                                               or centre, whose value stays NULL */
    const uint64_t *value[POOLS_COLUMNS]; /* POOLS_BLOCK values; NULL: no pool here has it */
    const struct pools_pool *pool[POOLS_BLOCK];
};

/* Where a data set, model or image is (CDATA at `<set>.data`, `.model`, `.image`). */
struct pools_copy {
    uint64_t centre; /* pools_exact_hash of the centre */
    uint64_t jur;    /* pools_text_hash; 0: none stated */
    uint64_t size_octets;
    bool has_size, pin;
};

struct pools_set {
    uint64_t hash; /* pools_name_hash of `<set>.data` and so on */
    const struct pools_copy *copies;
    size_t copy_count;
};

struct pools {
    uint64_t version;  /* of the zone, from which on this holds */
    size_t pool_count; /* that hold a pool; slots are blocks * POOLS_BLOCK */
    size_t block_count;
    const struct pools_block *const *blocks;
    bool has_centres;    /* at least one */
    size_t centre_count; /* places; a free one is NULL */
    const struct pools_centre *const *centres;
    struct hash_key key;
    const void *sets;  /* struct pools_set by hash, see pools_find_set */
    const void *names; /* slots by name, see pools_find */
    const void *reach; /* what names a centre or region, see pools_reach_of */
    const void *postings;
};
