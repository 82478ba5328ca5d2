#include "zones/zone_update_sets.h"

#include <stdlib.h>

#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/zone_update_rule.h"

struct zone_update_sets_record {
    const uint8_t *owner, *rdata;
    size_t len;
    uint16_t type;
};

void zone_update_sets_init(struct zone_update_sets *sets, size_t octets_max)
{
    *sets = (struct zone_update_sets){0};
    arena_init(&sets->arena, octets_max);
}

bool zone_update_sets_add(struct zone_update_sets *sets, const uint8_t *owner, uint16_t type,
                          const uint8_t *rdata, size_t len)
{
    const uint8_t *owner_copy = arena_copy(&sets->arena, owner, dns_name_len(owner));
    const uint8_t *rdata_copy = arena_copy(&sets->arena, rdata, len);
    if (!owner_copy || !rdata_copy) {
        return false;
    }
    if (sets->count == sets->room) {
        sets->room = sets->room ? 2 * sets->room : 16;
        sets->records = mem_grow(sets->records, sets->room, sizeof(*sets->records));
    }
    sets->records[sets->count++] =
        (struct zone_update_sets_record){owner_copy, rdata_copy, len, type};
    return true;
}

static int compare_sets(const struct zone_update_sets_record *a,
                        const struct zone_update_sets_record *b)
{
    int order = dns_name_compare(a->owner, b->owner);
    return order ? order : (int)a->type - (int)b->type;
}

static int compare_records(const void *a, const void *b)
{
    const struct zone_update_sets_record *x = a, *y = b;
    int order = compare_sets(x, y);
    return order ? order : dns_rdata_compare(x->type, x->rdata, x->len, y->rdata, y->len);
}

/* Drop records that are there twice; returns how many are left. Sorted. */
static size_t drop_repeated(struct zone_update_sets_record *records, size_t count)
{
    size_t left = 1;
    for (size_t i = 1; i < count; i++) {
        if (compare_records(&records[left - 1], &records[i]) != 0) {
            records[left++] = records[i];
        }
    }
    return left;
}

/* The records of a zone's RRset like those of a message, sorted; for mem_free. */
static struct zone_update_sets_record *sorted_set(const struct zone_node *node,
                                                  const struct zone_rrset *set)
{
    const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
    struct zone_update_sets_record *records = mem_grow(NULL, set->count, sizeof(*records));
    struct zone_rr rr;
    for (size_t i = 0; zone_node_next(&pos, end, &rr); i++) {
        records[i] = (struct zone_update_sets_record){node->owner, rr.rdata, rr.len, set->type};
    }
    qsort(records, set->count, sizeof(*records), compare_records);
    return records;
}

/* The records of one name and type, sorted. What signing made is not there for an update. */
static bool is_exactly(struct zone_edit *edit, struct zone_update_sets_record *given, size_t count)
{
    const struct zone_node *node = zone_edit_get(edit, given->owner);
    const struct zone_rrset *set = node ? zone_node_find(node, given->type) : NULL;
    count = drop_repeated(given, count);
    if (!set || set->count != count || zone_update_rule_is_signing(given->type)) {
        return false;
    }
    struct zone_update_sets_record *records = sorted_set(node, set);
    bool equal = true;
    for (size_t i = 0; equal && i < count; i++) {
        equal = compare_records(&given[i], &records[i]) == 0;
    }
    mem_free(records);
    return equal;
}

bool zone_update_sets_hold(struct zone_update_sets *sets, struct zone_edit *edit)
{
    struct zone_update_sets_record *records = sets->records;
    if (sets->count > 0) {
        qsort(records, sets->count, sizeof(*records), compare_records);
    }
    for (size_t i = 0, end; i < sets->count; i = end) {
        for (end = i + 1; end < sets->count && compare_sets(&records[i], &records[end]) == 0;
             end++) {
        }
        if (!is_exactly(edit, &records[i], end - i)) {
            return false;
        }
    }
    return true;
}

void zone_update_sets_finish(struct zone_update_sets *sets)
{
    mem_free(sets->records);
    arena_finish(&sets->arena);
}
