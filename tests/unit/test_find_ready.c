#include "server/find_ready.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/lib/zones.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"
#include "zones/zone_node.h"
#include "zones/zone_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { POOLS_MAX = 80, TTL_S = 10 };

static struct pools_pool pool_rows[POOLS_MAX];
static struct pools_block blocks[2];
static const struct pools_block *const block_list[] = {&blocks[0], &blocks[1]};
static const struct pools pools = {.blocks = block_list, .block_count = 2};
static struct choose_answer answer;
static struct find_entry_draft draft;
static char text[1 << 16];

/* Pick pools by their names, `equal` of them from the first on. */
static void pick(const char *names, unsigned equal)
{
    char copy[4096], *next = copy;
    memset(&answer, 0, sizeof(answer));
    snprintf(copy, sizeof(copy), "%s", names);
    for (const char *name; (name = strsep(&next, " ")) != NULL;) {
        unsigned slot = answer.count;
        mem_free((uint8_t *)pool_rows[slot].name);
        pool_rows[slot].name = mem_copy(zones_name(name), dns_name_len(zones_name(name)));
        blocks[slot / POOLS_BLOCK].used |= 1ull << slot % POOLS_BLOCK;
        blocks[slot / POOLS_BLOCK].pool[slot % POOLS_BLOCK] = &pool_rows[slot];
        answer.picks[answer.count++] = (struct choose_pick){.slot = slot, .weight = 10 + slot};
    }
    answer.equal = equal;
}

/* The records of a type, pieces apart by a bar: TTL and RDATA as in a zone file. */
static const char *fill(const struct zone *zone, uint16_t type)
{
    size_t used = 0;
    memset(&draft, 0, sizeof(draft));
    draft.entry.ttl_s = TTL_S;
    find_ready_fill(zone, zone_version(zone), &pools, &answer, type, &draft);
    for (unsigned i = 0; i < draft.piece_count; i++) {
        const uint8_t *pos = draft.octets + draft.pieces[i].at, *end = pos + draft.pieces[i].len;
        struct zone_rr rr;
        unsigned count = 0;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", i > 0 ? "| " : "");
        for (; zone_node_next(&pos, end, &rr); count++) {
            assert_int_equal(rr.type, type);
            char rdata[4096];
            struct wr wr = wr_make(rdata, sizeof(rdata) - 1);
            assert_int_equal(zone_text_print(type, rr.rdata, rr.len, &wr), 0);
            rdata[wr_len(&wr)] = '\0';
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%u %s ", rr.ttl_s, rdata);
        }
        assert_int_equal(count, draft.pieces[i].count);
    }
    text[used] = '\0';
    return text;
}

#define APEX "@ SOA m r 1 1 1 1 1\n@ NS ns\n"
#define TWO                                                                                        \
    APEX "own A 192.0.2.1\nown AAAA 2001:db8::1\nown SVCB 1 . port=443\n"                          \
         "p.own A 192.0.2.11\np.own SVCB 1 . alpn=h2 port=8443\nq.own CRES . cpu=1\n"              \
         "bare A 192.0.2.2\nbare AAAA 2001:db8::2\nr.bare CRES . cpu=1\ns.bare A 192.0.2.21\n"     \
         "none CENTRE . kind=ai\nt.none CRES . cpu=1\n"

static void records_come_from_the_pool_or_its_centre(void **state)
{
    (void)state;
    static const struct {
        const char *label, *pools;
        uint16_t type;
        const char *expected;
    } rows[] = {
        {"own address, and the centre's", "p.own.t. q.own.t.", DNS_TYPE_A,
         "10 192.0.2.11 | 10 192.0.2.1 "},
        {"not of another family", "p.own.t. q.own.t.", DNS_TYPE_AAAA, "10 2001:db8::1 "},
        {"nobody has one", "t.none.t.", DNS_TYPE_A, ""},
        {"names", "t.none.t. p.own.t.", DNS_TYPE_PTR, "10 t.none.t. | 10 p.own.t. "},
        {"own service, and the centre's", "p.own.t. q.own.t.", DNS_TYPE_SVCB,
         "10 0 p.own.t. alpn=h2 port=8443 | 10 0 own.t. port=443 "},
        {"hints in place of a service", "r.bare.t. s.bare.t.", DNS_TYPE_SVCB,
         "10 0 bare.t. ipv4hint=192.0.2.2 ipv6hint=2001:db8::2 | 10 0 s.bare.t. "
         "ipv4hint=192.0.2.21 "},
        {"neither service nor address", "t.none.t. s.bare.t.", DNS_TYPE_SVCB,
         "10 0 s.bare.t. ipv4hint=192.0.2.21 "},
        {"a port for SRV, with the weight", "p.own.t. r.bare.t. q.own.t.", DNS_TYPE_SRV,
         "10 0 10 8443 p.own.t. | 10 0 12 443 own.t. "},
        {"pools that the zone does not have", "x.y.t. p.own.t.", DNS_TYPE_A, "10 192.0.2.11 "},
    };
    struct zone *zone = zones_make("t.", TWO);
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("case: %s\n", rows[i].label);
        pick(rows[i].pools, 1);
        assert_string_equal(fill(zone, rows[i].type), rows[i].expected);
    }
    zone_unref(zone);
}

static void services_are_repeated_as_they_are(void **state)
{
    (void)state;
    struct zone *zone = zones_make(
        "t.", APEX "c A 192.0.2.1\np.c SVCB 0 c\np.c SVCB 7 gate.example. mandatory=alpn alpn=h3\n"
                   "q.c SVCB 0 c\nr.c SVCB 1 . alpn=h2\n");
    pick("p.c.t. q.c.t. r.c.t.", 1);
    assert_string_equal(fill(zone, DNS_TYPE_SVCB),
                        "10 0 gate.example. mandatory=alpn alpn=h3 | 10 0 c.t. ipv4hint=192.0.2.1 "
                        "| 10 0 c.t. alpn=h2 ");
    assert_string_equal(fill(zone, DNS_TYPE_SRV),
                        "10 0 10 443 gate.example. | 10 0 12 443 c.t. "); /* without a port */
    zone_unref(zone);
}

static void the_least_ttl_holds_for_all(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", APEX "p.c 7 A 192.0.2.1\nq.c 8 A 192.0.2.2\n");
    pick("p.c.t. q.c.t.", 1);
    assert_string_equal(fill(zone, DNS_TYPE_A), "7 192.0.2.1 | 7 192.0.2.2 ");
    assert_int_equal(draft.entry.ttl_s, 7);
    zone_unref(zone);
}

/* Turns are for those that have records. */
static void equals_are_counted_by_their_pieces(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", TWO);
    pick("t.none.t. p.own.t. q.own.t. r.bare.t.", 3);
    fill(zone, DNS_TYPE_A);
    assert_int_equal(draft.entry.equal, 2);
    assert_int_equal(draft.piece_count, 3);
    assert_int_equal(draft.weights[0], 11);
    assert_int_equal(draft.twin_count, 0);
    pick("q.own.t. p.own.t. own.t.", 3);
    fill(zone, DNS_TYPE_A);
    assert_int_equal(draft.twin_count, 3);
    assert_int_equal(draft.twins[2], 0); /* q.own is reached at own */

    zone_unref(zone);
}

static void what_has_no_room_is_left_out(void **state)
{
    (void)state;
    char zone_text[80 * 1024] = APEX, names[64 * 16] = "", line[2048];
    for (unsigned i = 0; i < 64; i++) {
        snprintf(line, sizeof(line), "p%u.c SVCB 1 . key65280=%01000u\n", i, i);
        strcat(zone_text, line);
        snprintf(line, sizeof(line), "%sp%u.c.t.", i > 0 ? " " : "", i);
        strcat(names, line);
    }
    strcat(zone_text, "c A 192.0.2.0\n");
    for (unsigned i = 1; i < 20; i++) {
        snprintf(line, sizeof(line), "c A 192.0.2.%u\n", i);
        strcat(zone_text, line);
    }
    struct zone *zone = zones_make("t.", zone_text);
    pick(names, 64);
    fill(zone, DNS_TYPE_SVCB);
    assert_int_equal(draft.piece_count, FIND_ENTRY_OCTETS / (12 + 2 + 5 + 4 + 1000));
    assert_in_range(draft.octets_len, FIND_ENTRY_OCTETS - 1100, FIND_ENTRY_OCTETS);
    assert_int_equal(draft.entry.equal, draft.piece_count);
    fill(zone, DNS_TYPE_A);
    assert_int_equal(draft.piece_count, 64);
    assert_int_equal(draft.pieces[0].count, FIND_READY_ADDRESSES_MAX);
    zone_unref(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_from_the_pool_or_its_centre),
        cmocka_unit_test(services_are_repeated_as_they_are),
        cmocka_unit_test(the_least_ttl_holds_for_all),
        cmocka_unit_test(equals_are_counted_by_their_pieces),
        cmocka_unit_test(what_has_no_room_is_left_out),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
