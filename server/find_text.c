#include "server/find_text.h"

#include <stdio.h>
#include <string.h>

#include "sched/choose/explain.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_node.h"

enum { STRING_MAX = 255 };

/* The first pools of one sort, by name. */
struct first_names {
    uint32_t slots[FIND_TEXT_STRINGS_MAX];
    unsigned count;
};

static void add(struct first_names *first, const struct pools *pools, uint32_t slot)
{
    const uint8_t *name = pools_at(pools, slot)->name;
    unsigned at = first->count;
    while (at > 0 && dns_name_compare(name, pools_at(pools, first->slots[at - 1])->name) < 0) {
        at--;
    }
    if (at == FIND_TEXT_STRINGS_MAX) {
        return;
    }
    unsigned last = first->count < FIND_TEXT_STRINGS_MAX ? first->count : first->count - 1;
    memmove(&first->slots[at + 1], &first->slots[at], (last - at) * sizeof(first->slots[0]));
    first->slots[at] = slot;
    first->count = last + 1;
}

/* Pools that are not chosen: those that fit, and the others. */
static void sort_out(struct choose *choose, const struct choose_ask *ask,
                     const struct choose_answer *answer, struct first_names *fitting,
                     struct first_names *others)
{
    const struct pools *pools = ask->pools;
    size_t slots = pools->block_count * POOLS_BLOCK, looked_at = 0;
    uint64_t fits = 0;
    for (uint32_t slot = 0; slot < slots && looked_at < FIND_TEXT_POOLS_MAX; slot++) {
        unsigned lane = slot % POOLS_BLOCK;
        fits = lane == 0 ? choose_fitting(choose, slot / POOLS_BLOCK) : fits;
        if (pools_at(pools, slot) && choose_rank_of(answer, slot) == 0) {
            add(fits >> lane & 1 ? fitting : others, pools, slot);
            looked_at++;
        }
    }
}

struct strings {
    struct wr wr; /* RDATA: each string after its length */
    unsigned count;
};

/* One more string; what does not fit is left out, with all that follows. */
static void put_string(struct strings *strings, struct wr text)
{
    if (strings->count == FIND_TEXT_STRINGS_MAX) {
        return;
    }
    size_t mark = wr_len(&strings->wr);
    wr_u8(&strings->wr, (unsigned)wr_len(&text));
    wr_bytes(&strings->wr, text.base, wr_len(&text));
    if (strings->wr.err) {
        strings->wr.pos = strings->wr.base + mark;
        return;
    }
    strings->count++;
}

static void put_pool(struct strings *strings, struct choose *choose, const struct choose_ask *ask,
                     const struct choose_answer *answer, uint32_t slot, uint32_t sticky_s)
{
    char line[STRING_MAX];
    struct wr wr = wr_make(line, sizeof(line));
    struct choose_why why;
    choose_explain(choose, ask, slot, &why);
    explain_print(ask, answer, slot, &why, &wr);
    if (sticky_s > 0) {
        char text[32];
        int len = snprintf(text, sizeof(text), " sticky %u s", (unsigned)sticky_s);
        wr_bytes(&wr, text, (size_t)len);
    }
    put_string(strings, wr);
}

void find_text_fill(struct choose *choose, const struct choose_ask *ask,
                    const struct choose_answer *answer, uint32_t sticky_s,
                    struct find_entry_draft *draft)
{
    struct first_names fitting = {.count = 0}, others = {.count = 0};
    struct strings strings = {
        .wr = wr_make(draft->octets + ZONE_RR_FIXED, FIND_TEXT_OCTETS_MAX),
    };
    char line[STRING_MAX];
    struct wr wr = wr_make(line, sizeof(line));
    explain_summary(ask, answer, &wr);
    put_string(&strings, wr);
    sort_out(choose, ask, answer, &fitting, &others);
    for (unsigned i = 0; i < answer->count; i++) {
        put_pool(&strings, choose, ask, answer, answer->picks[i].slot, i == 0 ? sticky_s : 0);
    }
    for (unsigned i = 0; i < fitting.count; i++) {
        put_pool(&strings, choose, ask, answer, fitting.slots[i], 0);
    }
    for (unsigned i = 0; i < others.count; i++) {
        put_pool(&strings, choose, ask, answer, others.slots[i], 0);
    }
    size_t len = wr_len(&strings.wr);
    zone_node_write_rr(draft->octets, DNS_TYPE_TXT, draft->entry.ttl_s, strings.wr.base, len);
    draft->octets_len = ZONE_RR_FIXED + len;
    draft->pieces[0] = (struct find_entry_piece){0, (uint16_t)draft->octets_len, 1, 0};
    draft->piece_count = 1;
    draft->entry.equal = 0;
}
