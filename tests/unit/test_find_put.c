#include "server/find_put.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/zones.h"
#include "zones/dns_type.h"
#include "zones/zone_node.h"

enum { TTL_S = 10 };

static struct find_entry_draft draft;
static struct {
    _Alignas(16) uint8_t octets[FIND_ENTRY_MAX];
} block;
static unsigned record_count;
static struct query query;
static uint8_t message[4096];
static struct query_place place;
static struct dns_labels labels;

static void begin(uint16_t type, unsigned equal)
{
    memset(&draft, 0, sizeof(draft));
    record_count = 0;
    draft.entry = (struct find_entry){.type = type, .equal = (uint16_t)equal, .ttl_s = TTL_S};
}

/* A pool whose records have these octets as RDATA: one letter a record, and two octets of zeros before it where a
 * priority stands. */
static void add_piece(const char *letters, uint32_t weight)
{
    bool has_priority = draft.entry.type == DNS_TYPE_SVCB;
    size_t start = draft.octets_len;
    for (const char *letter = letters; *letter; letter++) {
        uint8_t rdata[3] = {0, 0, (uint8_t)*letter};
        size_t len = has_priority ? 3 : 1;
        zone_node_write_rr(draft.octets + draft.octets_len, draft.entry.type, TTL_S,
                           rdata + 3 - len, len);
        draft.octets_len += ZONE_RR_FIXED + len;
    }
    draft.pieces[draft.piece_count] =
        (struct find_entry_piece){(uint16_t)start, (uint16_t)(draft.octets_len - start),
                                  (uint16_t)strlen(letters), (uint16_t)record_count};
    record_count += (unsigned)strlen(letters);
    draft.weights[draft.piece_count++] = weight;
}

static struct find_entry *pack(void)
{
    assert_in_range(find_entry_pack(&draft, &block), 1, sizeof(block));
    return (struct find_entry *)(void *)&block;
}

/* Put an answer into a fresh message; the letters of its records in order, with their TTL at the end of each, and
 * their priority before. */
static const char *put(struct find_entry *entry, size_t at, uint32_t ttl_s, size_t size)
{
    static char text[1024];
    size_t used = 0;
    memset(&query, 0, sizeof(query));
    query.out = wr_make(message, size);
    (void)wr_take(&query.out, DNS_HEADER_LEN);
    dns_name_index(&zones_key, zones_name("x.t."), &labels);
    place = (struct query_place){zones_name("x.t."), &labels, at, 0};
    bool fits = find_put_answer(&query, &place, entry, ttl_s);
    assert_int_equal(query.tc, !fits);
    const uint8_t *pos = message + DNS_HEADER_LEN;
    unsigned count = 0;
    for (; pos < query.out.pos; count++) {
        size_t owner = query_place_cost(&place);
        const uint8_t *fixed = pos + owner;
        assert_int_equal(fixed[1], entry->type);
        if (fixed[9] == 3) {
            text[used++] = (char)('0' + fixed[11]);
        }
        text[used++] = (char)fixed[9 + fixed[9]];
        if (fixed[7] != TTL_S) {
            text[used++] = (char)('0' + fixed[7]);
        }
        pos = fixed + 10 + fixed[9];
    }
    text[used] = '\0';
    assert_int_equal(count, query.counts[QUERY_ANSWER]);
    return text;
}

static void pieces_are_copied_in_order(void **state)
{
    (void)state;
    begin(DNS_TYPE_A, 1);
    add_piece("ab", 1);
    add_piece("c", 1);
    struct find_entry *entry = pack();
    assert_string_equal(put(entry, 12, TTL_S, sizeof(message)), "abc");
    assert_string_equal(put(entry, 12, TTL_S, sizeof(message)), "abc");
    assert_string_equal(put(entry, 12, 7, sizeof(message)), "a7b7c7");
    assert_string_equal(put(entry, 50, TTL_S, sizeof(message)), "abc"); /* the target of an alias */
    assert_string_equal(put(entry, 0x4000, 3, sizeof(message)), "a3b3c3");
}

static void equals_take_turns_and_the_others_stay_behind(void **state)
{
    (void)state;
    begin(DNS_TYPE_A, 3);
    add_piece("ab", 2);
    add_piece("c", 1);
    add_piece("d", 1);
    add_piece("e", 9);
    struct find_entry *entry = pack();
    static const char *const round[] = {"abcde", "cdabe", "dabce", "abcde"};
    for (unsigned i = 0; i < 12; i++) {
        assert_string_equal(put(entry, 12, TTL_S, sizeof(message)), round[i % 4]);
    }
}

static void priorities_count_from_one_in_every_order(void **state)
{
    (void)state;
    begin(DNS_TYPE_SVCB, 2);
    add_piece("a", 1);
    add_piece("b", 1);
    add_piece("c", 1);
    struct find_entry *entry = pack();
    assert_string_equal(put(entry, 12, TTL_S, sizeof(message)), "1a2b3c");
    assert_string_equal(put(entry, 12, TTL_S, sizeof(message)), "1b2a3c");
    assert_string_equal(put(entry, 30, 5, sizeof(message)), "1a52b53c5");
    assert_string_equal(put(entry, 0x4000, TTL_S, sizeof(message)), "1b2a3c");
}

/* RFC 2181 5: two pools behind one address. */
static void no_record_stands_twice_in_any_order(void **state)
{
    (void)state;
    begin(DNS_TYPE_A, 2);
    add_piece("ab", 1);
    add_piece("ca", 1);
    draft.twin_count = find_twin_fill(&zones_key, draft.octets, draft.octets_len, draft.twins);
    struct find_entry *entry = pack();
    assert_string_equal(put(entry, 12, TTL_S, sizeof(message)), "abc");
    assert_string_equal(put(entry, 12, TTL_S, sizeof(message)), "cab");
}

static void twins_that_do_not_fit_are_cut_whole(void **state)
{
    (void)state;
    begin(DNS_TYPE_A, 2);
    add_piece("ab", 1);
    add_piece("ca", 1);
    draft.twin_count = find_twin_fill(&zones_key, draft.octets, draft.octets_len, draft.twins);
    struct find_entry *entry = pack();
    assert_string_equal(put(entry, 12, TTL_S, DNS_HEADER_LEN + 38), "");
    assert_string_equal(put(entry, 12, TTL_S, DNS_HEADER_LEN + 39), "cab");
}

static void what_does_not_fit_is_cut_whole(void **state)
{
    (void)state;
    begin(DNS_TYPE_A, 0);
    add_piece("abc", 1);
    struct find_entry *entry = pack();
    for (size_t size = DNS_HEADER_LEN; size < DNS_HEADER_LEN + 39; size++) {
        assert_string_equal(put(entry, 12, TTL_S, size), "");
        assert_string_equal(put(entry, 12, 5, size), "");
    }
    assert_string_equal(put(entry, 12, TTL_S, DNS_HEADER_LEN + 39), "abc");
    assert_string_equal(put(entry, 12, 5, DNS_HEADER_LEN + 39), "a5b5c5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_copied_in_order),
        cmocka_unit_test(equals_take_turns_and_the_others_stay_behind),
        cmocka_unit_test(priorities_count_from_one_in_every_order),
        cmocka_unit_test(no_record_stands_twice_in_any_order),
        cmocka_unit_test(twins_that_do_not_fit_are_cut_whole),
        cmocka_unit_test(what_does_not_fit_is_cut_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
