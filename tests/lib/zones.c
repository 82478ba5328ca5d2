#include "tests/lib/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata.h"
#include "zones/zone_file.h"
#include "zones/zone_get.h"
#include "zones/zone_list.h"

enum { NAMES = 16, TTL_S = 300 };

const struct hash_key zones_key = {0x0123456789abcdef, 0xfedcba9876543210};
const struct zone_edit_limits zones_limits = {UINT16_MAX, UINT8_MAX, 0};

const uint8_t *zones_name(const char *text)
{
    static _Thread_local uint8_t names[NAMES][DNS_NAME_MAX];
    static _Thread_local unsigned next;
    uint8_t *name = names[next++ % NAMES];
    size_t len;
    assert_int_equal(dns_name_parse(text, strlen(text), NULL, name, &len), 0);
    dns_name_lower(name, len, name);
    return name;
}

struct applying {
    struct zone_edit *edit;
    bool remove;
};

static int apply_record(void *context, const struct zone_text_record *record, unsigned line,
                        struct err_at *at)
{
    const struct applying *applying = context;
    uint8_t owner[DNS_NAME_MAX];
    (void)line;
    (void)at;
    dns_name_lower(record->owner, dns_name_len(record->owner), owner);
    if (applying->remove) {
        return zone_edit_remove(applying->edit, owner, record->type, record->rdata, record->len)
                   ? 0
                   : ERR_MISSING;
    }
    return zone_edit_add(applying->edit, owner, record->type, record->ttl_s, record->rdata,
                         record->len);
}

static void tell(void *context, const struct err_at *at)
{
    (void)context;
    print_error("zone text: %u:%u: %s\n", at->line, at->column, at->text);
}

static void apply_text(struct zone_edit *edit, const char *text, bool remove)
{
    struct applying applying = {edit, remove};
    struct zone_file_sink sink = {&applying, apply_record, tell};
    struct zone_file_options options = {.origin = zone_name(zone_edit_zone(edit)),
                                        .ttl = {TTL_S, true},
                                        .octets_max = SIZE_MAX,
                                        .records_max = UINT64_MAX};
    assert_int_equal(zone_file_read_text(NULL, text, strlen(text), &options, &sink), 0);
}

void zones_add(struct zone_edit *edit, const char *text)
{
    apply_text(edit, text, false);
}

void zones_remove(struct zone_edit *edit, const char *text)
{
    apply_text(edit, text, true);
}

struct zone *zones_make(const char *name, const char *text)
{
    struct zone *zone = zone_create(zones_name(name), &zones_key);
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    zones_add(edit, text);
    (void)zone_edit_commit(edit);
    return zone;
}

void zones_change(struct zone *zone, const char *remove, const char *add)
{
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    if (remove) {
        zones_remove(edit, remove);
    }
    if (add) {
        zones_add(edit, add);
    }
    assert_true(zone_edit_commit(edit));
}

const struct zone_node *zones_get(const struct zone *zone, uint64_t version, const char *name)
{
    return zone_get_name(zone, version, zones_name(name));
}

/* qsort's compare has no context: the type of the records at hand. */
static _Thread_local uint16_t sort_type;

static int compare_records(const void *a, const void *b)
{
    const struct zone_rr *x = a, *y = b;
    return dns_rdata_compare(sort_type, x->rdata, x->len, y->rdata, y->len);
}

static void print_set(FILE *out, const struct zone_node *node, const struct zone_rrset *set)
{
    static _Thread_local char line[8 * ZONE_RRSET_MAX];
    const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
    struct zone_rr *records = mem_grow(NULL, set->count, sizeof(*records));
    size_t count = 0;
    while (count < set->count && zone_node_next(&pos, end, &records[count])) {
        assert_int_equal(records[count++].type, set->type);
    }
    assert_ptr_equal(pos, end);
    assert_int_equal(count, set->count);
    sort_type = set->type;
    qsort(records, count, sizeof(*records), compare_records);
    for (size_t i = 0; i < count; i++) {
        struct zone_text_record record = {node->owner, records[i].ttl_s, set->type,
                                          records[i].rdata, records[i].len};
        struct wr wr = wr_make(line, sizeof(line));
        assert_int_equal(zone_text_print_record(&record, &wr), 0);
        fwrite(line, 1, wr_len(&wr), out);
    }
    mem_free(records);
}

char *zones_print(const struct zone *zone, uint64_t version)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const struct zone_node **nodes;
    size_t count = zone_list(zone, version, &nodes);
    for (size_t i = 0; i < count; i++) {
        const struct zone_rrset *sets = zone_node_rrsets(nodes[i]);
        for (unsigned j = 0; j < nodes[i]->rrset_count; j++) {
            print_set(out, nodes[i], &sets[j]);
        }
    }
    mem_free(nodes);
    fclose(out);
    return text;
}

/* A walk over one version, with its list of names that own records. */
struct counting {
    const struct zone *zone;
    uint64_t version, names, records, octets;
    const struct zone_node **listed;
    size_t listed_count;
};

/* Children of a node: the different labels right below it in the list, where they stand together. */
static uint32_t count_children(const struct counting *counting, const struct zone_node *node)
{
    const uint8_t *last = NULL;
    uint32_t children = 0;
    for (size_t i = 0; i < counting->listed_count; i++) {
        const struct zone_node *below = counting->listed[i];
        if (below->labels <= node->labels || !dns_name_is_in(below->owner, node->owner)) {
            continue;
        }
        const uint8_t *child = dns_name_up(below->owner, below->labels - node->labels - 1u);
        children += last && dns_name_equal(child, last) ? 0 : 1;
        last = child;
    }
    return children;
}

static void check_parent(const struct counting *counting, const struct zone_node *node)
{
    const uint8_t *above = dns_name_up(node->owner, 1);
    assert_non_null(zone_get_name(counting->zone, counting->version, above));
}

static int check_node(void *context, const struct zone_node *node)
{
    struct counting *counting = context;
    const struct zone_rrset *sets = zone_node_rrsets(node);
    counting->names += node->rrset_count > 0 ? 1 : 0;
    counting->octets += node->size;
    assert_int_equal(node->labels, dns_name_labels(node->owner));
    assert_int_equal(node->owner_len, dns_name_len(node->owner));
    assert_int_equal(node->children, count_children(counting, node));
    for (unsigned i = 0; i < node->rrset_count; i++) {
        assert_true(i == 0 || sets[i].type > sets[i - 1].type);
        assert_true(sets[i].count > 0);
        counting->records += sets[i].count;
    }
    if (node->labels > zone_labels(counting->zone)) {
        check_parent(counting, node);
    }
    return 0;
}

void zones_check(const struct zone *zone)
{
    struct counting counting = {.zone = zone, .version = zone_version(zone)};
    counting.listed_count = zone_list(zone, counting.version, &counting.listed);
    (void)zone_walk(zone, counting.version, check_node, &counting);
    mem_free(counting.listed);
    assert_int_equal(zone_measure(zone).names, counting.names);
    assert_int_equal(counting.names, counting.listed_count);
    assert_int_equal(zone_measure(zone).records, counting.records);
    assert_int_equal(zone_measure_nodes(zone).octets, counting.octets);
}

void zones_settle(void)
{
    rcu_offline();
    for (int i = 0; i < 3; i++) { /* a marker gives up a zone, a world its zones */
        rcu_drain();
    }
    rcu_online();
}

int zones_enter(void **state)
{
    (void)state;
    rcu_enter();
    return 0;
}

int zones_leave(void **state)
{
    (void)state;
    zones_settle();
    rcu_leave();
    return 0;
}
