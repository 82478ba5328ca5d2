/* Refresh age: until when a secondary zone is good, by what its primaries say in the rounds that keep
 * it fresh. Time counts from when a primary was asked, so that its answer is not older than we think.
 *
 * Pure but for the clock; one thread at a time. An EXPIRE of UINT32_MAX stands for none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct refresh_age {
    uint64_t expires_ns; /* not served from then on */
    uint64_t asked_ns;   /* when who is asked now was */
    int64_t asked_s;     /* the same in UNIX s */
    bool is_good;        /* a primary said in this round that ours is the newest */
    uint64_t good_ns;    /* the latest time until when it is, by those who said so */
    int64_t good_s;      /* UNIX s: when the last one of them was asked */
};

/* A round begins. Shape: none. Units: none. Errors: none. Source: none. */
void refresh_age_begin(struct refresh_age *age);

/* A primary is asked now. Shape: none. Units: none. Errors: none. Source: none. */
void refresh_age_ask(struct refresh_age *age, const struct clock *clock);

/* It said that ours is the newest, with this EXPIRE option; the zone's own EXPIRE bounds it.
 * Shape: after refresh_age_ask. Units: s. Errors: none. Source: RFC 7314 4. */
void refresh_age_note(struct refresh_age *age, uint32_t expire_s, uint32_t own_s);

/* The round ends, and somebody said so: the later of old and new time counts. Shape: is_good. Units:
 * none. Errors: none. Source: RFC 7314 4. */
void refresh_age_keep(struct refresh_age *age);

/* It gave a newer zone: the time before does not count. Shape: as refresh_age_note, own_s of the newer
 * zone. Units: s. Errors: none. Source: RFC 7314 4. */
void refresh_age_renew(struct refresh_age *age, uint32_t expire_s, uint32_t own_s);
