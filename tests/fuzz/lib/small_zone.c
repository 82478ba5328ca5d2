#include "tests/fuzz/lib/small_zone.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_name.h"
#include "zones/zone_edit.h"
#include "zones/zone_file.h"

enum { NODES_MAX = 1024, TTL_S = 300 };

const struct hash_key small_zone_key = {1, 2};
const uint8_t small_zone_apex[3] = "\1t";

static int add_record(void *context, const struct zone_text_record *record, unsigned line,
                      struct err_at *at)
{
    uint8_t owner[DNS_NAME_MAX];
    (void)line;
    (void)at;
    dns_name_lower(record->owner, dns_name_len(record->owner), owner);
    return zone_edit_add(context, owner, record->type, record->ttl_s, record->rdata, record->len);
}

static void on_error(void *context, const struct err_at *at)
{
    (void)context;
    fprintf(stderr, "%u: %s\n", at->line, at->text);
}

/* The nodes once more: a leak checker does not know the pointers of a zone's hash. */
static const struct zone_node *seen[NODES_MAX];
static unsigned seen_count;

static int see(void *context, const struct zone_node *node)
{
    (void)context;
    CHECK(seen_count < NODES_MAX);
    seen[seen_count++] = node;
    return 0;
}

struct zone *small_zone_make(const char *text)
{
    static const struct zone_edit_limits limits = {UINT16_MAX, UINT8_MAX, 0};
    struct zone *zone = zone_create(small_zone_apex, &small_zone_key);
    struct zone_edit *edit = zone_edit_begin(zone, &limits);
    struct zone_file_sink sink = {edit, add_record, on_error};
    struct zone_file_options options = {.origin = small_zone_apex,
                                        .ttl = {TTL_S, true},
                                        .octets_max = SIZE_MAX,
                                        .records_max = UINT64_MAX};
    CHECK(zone_file_read_text(NULL, text, strlen(text), &options, &sink) == 0);
    CHECK(zone_edit_commit(edit));
    zone_walk(zone, zone_version(zone), see, NULL);
    return zone;
}
