/* A place: where somebody is who asks for a pool, as far as it is known. Plain data, copied freely. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Where the asker is; a zeroed one is nowhere. */
struct choose_place {
    uint64_t centre;     /* pools_name_hash of a centre; 0: not one */
    uint64_t regions[3]; /* pools_text_hash, nearest first: district, city or province; 0 ends */
    bool has_loc;
    double latitude, longitude; /* degrees, north and east */
};
