/* The explanation of an answer as a TXT record: why each pool is chosen, or is not.
 *
 * Stateless; the caller is in a read section. */
#pragma once

#include "sched/choose/choose.h"
#include "server/find_entry.h"

enum {
    FIND_TEXT_STRINGS_MAX = 64,
    FIND_TEXT_OCTETS_MAX = 8192,
    FIND_TEXT_POOLS_MAX = 2048, /* that are looked at for those that are not chosen */
};

/* Put one TXT record into a draft: the summary, the chosen pools in order, then those that fit as well, then the
 * others, each of these two by name.
 * Shape: ask and answer as choose_rank had them last. Units: none. Errors: none: what has no room is left out.
 * Source: docs/policies.md, docs/records.md. */
void find_text_fill(struct choose *choose, const struct choose_ask *ask,
                    const struct choose_answer *answer, uint32_t sticky_s,
                    struct find_entry_draft *draft);
