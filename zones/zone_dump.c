#include "zones/zone_dump.h"

#include <inttypes.h>

#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_text.h"
#include "zones/dns_type.h"
#include "zones/zone_list.h"
#include "zones/zone_text.h"

enum { LINE_MAX_LEN = 8 * ZONE_RRSET_MAX }; /* octets: every octet of a record escaped, and more */

struct dumping {
    FILE *out;
    uint64_t records;
    char *line;
    int err; /* first: a record that can not be printed must not be left out silently */
};

/* A record of our types in generic form, which every server loads, with its meaning as a comment. */
static int print_ours(const struct zone_text_record *record, struct wr *out)
{
    char owner[DNS_NAME_TEXT_MAX], type[16];
    dns_name_print(record->owner, owner);
    dns_type_print(record->type, type);
    wr_print(out, "%s %" PRIu32 " IN TYPE%u ", owner, record->ttl_s, record->type);
    dns_text_print_generic(record->rdata, record->len, out);
    wr_print(out, " ; %s ", type);
    zone_text_print(record->type, record->rdata, record->len, out);
    wr_u8(out, '\n');
    return out->err;
}

static void dump_set(struct dumping *dumping, const struct zone_node *node,
                     const struct zone_rrset *set)
{
    const uint8_t *pos = zone_node_ready(node, set), *end = pos + set->size;
    struct zone_rr rr;
    while (zone_node_next(&pos, end, &rr)) {
        struct zone_text_record record = {node->owner, rr.ttl_s, rr.type, rr.rdata, rr.len};
        struct wr wr = wr_make(dumping->line, LINE_MAX_LEN);
        bool is_ours = rr.type >= DNS_TYPE_CENTRE && rr.type <= DNS_TYPE_CPOL;
        int err = is_ours ? print_ours(&record, &wr) : zone_text_print_record(&record, &wr);
        dumping->err = dumping->err ? dumping->err : err;
        if (!err) {
            fwrite(wr.base, 1, wr_len(&wr), dumping->out);
            dumping->records++;
        }
    }
}

static void dump_node(struct dumping *dumping, const struct zone_node *node)
{
    const struct zone_rrset *sets = zone_node_rrsets(node);
    const struct zone_rrset *soa = zone_node_find(node, DNS_TYPE_SOA);
    if (soa) { /* readers want it first */
        dump_set(dumping, node, soa);
    }
    for (unsigned i = 0; i < node->rrset_count; i++) {
        if (&sets[i] != soa) {
            dump_set(dumping, node, &sets[i]);
        }
    }
}

int zone_dump(const struct zone *zone, FILE *out, uint64_t *out_records)
{
    char name[DNS_NAME_TEXT_MAX];
    const struct zone_node **nodes;
    uint64_t version = zone_version(zone);
    size_t count = zone_list(zone, version, &nodes);
    struct dumping dumping = {out, 0, mem_alloc(LINE_MAX_LEN), 0};
    dns_name_print(zone_name(zone), name);
    fprintf(out, "; zone %s serial %" PRIu32 "\n", name, zone_serial(zone, version));
    for (size_t i = 0; i < count; i++) {
        dump_node(&dumping, nodes[i]);
    }
    mem_free(dumping.line);
    mem_free(nodes);
    *out_records = dumping.records;
    int flushed = fflush(out) || ferror(out) ? ERR_IO : 0;
    return dumping.err ? dumping.err : flushed;
}
