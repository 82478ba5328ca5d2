#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "server/query_put.h"
#include "tests/lib/asker.h"
#include "tests/lib/zones.h"

static struct asker asker;

static void serve(const char *text)
{
    struct zone *zone = zones_make("t.", text);
    asker_start(&asker, &zone, 1);
}

static unsigned count_lines(const char *text, const char *begin)
{
    unsigned count = 0;
    for (const char *line = text; line && *line; line = strchr(line, '\n') + 1) {
        count += strncmp(line, begin, strlen(begin)) == 0 ? 1 : 0;
    }
    return count;
}

static void a_place_goes_up_label_by_label(void **state)
{
    (void)state;
    const uint8_t *name = zones_name("a.bc.d.t.");
    struct dns_labels labels;
    dns_name_index(&zones_key, name, &labels);
    struct query_place place = {name, &labels, 12, 0};
    assert_int_equal(query_place_cost(&place), 2);
    struct query_place up = query_place_up(&place, 2);
    assert_true(dns_name_equal(up.name, zones_name("d.t.")));
    assert_int_equal(up.at, 12 + 2 + 3);
    up = query_place_up(&up, 1);
    assert_true(dns_name_equal(up.name, zones_name("t.")));
    assert_int_equal(up.at, 12 + 2 + 3 + 2);
    place.at = 0x3fff; /* the last that a pointer reaches */
    assert_int_equal(query_place_cost(&place), 2);
    place.at++;
    assert_int_equal(query_place_cost(&place), 10);
    up = query_place_up(&place, 2);
    assert_int_equal(query_place_cost(&up), 5);
    assert_true(dns_name_equal(query_place_up(&place, 0).name, zones_name(".")));
}

/* RFC 2181 9: whatever the size, each RRset is there whole or not at all, and TC says it. */
static void no_rrset_is_ever_split(void **state)
{
    (void)state;
    char text[6000] = "@ SOA m r 1 1 1 1 1\n@ NS ns\nalias CNAME set\n", line[80];
    for (unsigned i = 0; i < 24; i++) {
        (void)snprintf(line, sizeof(line), "set MX %u m%u\nm%u A 192.0.2.1\nm%u A 192.0.2.2\n", i,
                       i, i, i);
        (void)strcat(text, line);
    }
    serve(text);
    asker.options.udp_payload = 4096;
    asker_configure(&asker);
    unsigned cut = 0, partial = 0, full = 0;
    for (unsigned size = 512; size < 1500; size++) {
        char question[60];
        (void)snprintf(question, sizeof(question), "alias.t. MX edns=%u", size);
        const char *got = asker_ask(&asker, question);
        if (strncmp(got, "NOERROR aa tc\n", 14) == 0) {
            assert_int_equal(count_lines(got, "AN "), 0);
            assert_int_equal(count_lines(got, "AR "), 0);
            cut++;
            continue;
        }
        assert_int_equal(count_lines(got, "AN set.t. "), 24);
        assert_int_equal(count_lines(got, "AN alias.t. "), 1);
        for (unsigned i = 0; i < 24; i++) {
            (void)snprintf(line, sizeof(line), "AR m%u.t. ", i);
            unsigned there = count_lines(got, line);
            assert_true(there == 0 || there == 2);
        }
        unsigned all = count_lines(got, "AR ");
        partial += all > 0 && all < 32 ? 1 : 0;
        full += all == 32 ? 1 : 0; /* 16 targets over UDP */
    }
    assert_true(cut > 0 && partial > 0 && full > 0);
    asker_stop(&asker);
}

static void a_negative_answer_without_room_for_its_soa_is_cut(void **state)
{
    (void)state;
    char text[700], label[61];
    memset(label, 'm', 60);
    label[60] = 0;
    (void)snprintf(text, sizeof(text), "@ SOA %s.%s.%s r.%s.%s 1 1 1 1 1\n@ NS ns\n", label, label,
                   label, label, label);
    serve(text);
    char question[400];
    (void)snprintf(question, sizeof(question), "%s.%s.%s.t. A", label, label, label);
    assert_string_equal(asker_ask(&asker, question), "NXDOMAIN aa tc\n");
    assert_string_not_equal(asker_ask(&asker, "x.t. A"), "NXDOMAIN aa tc\n");
    asker_stop(&asker);
}

/* Over a stream targets may stand further off than a pointer reaches: their names are repeated. */
static void names_out_of_the_reach_of_pointers_are_written_out(void **state)
{
    (void)state;
    enum { TARGETS = 256 };
    char *text = mem_alloc(200 * TARGETS + 100), line[200];
    (void)strcat(text, "@ SOA m r 1 1 1 1 1\n@ NS ns\n");
    for (unsigned i = 0; i < TARGETS; i++) {
        (void)snprintf(line, sizeof(line), "s SRV 0 0 1 h%03u%056u.H\nh%03u%056u.h A 192.0.2.1\n",
                       i, 0, i, 0);
        (void)strcat(text, line);
    }
    serve(text);
    mem_free(text);
    const char *got = asker_ask(&asker, "s.t. SRV tcp");
    assert_true(asker.answer_len > 0x4000 + 100);
    assert_int_equal(count_lines(got, "AN s.t. "), TARGETS);
    for (unsigned i = 0; i < TARGETS; i++) {
        (void)snprintf(line, sizeof(line), "AR h%03u%056u.", i, 0);
        if (count_lines(got, line) != 1) {
            print_message("case: target %u\n", i);
        }
        assert_int_equal(count_lines(got, line), 1);
    }
    asker_stop(&asker);
}

static void the_largest_answer_is_a_message_of_65535_octets_at_most(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ SOA m r 1 1 1 1 1\n@ NS ns\n");
    struct zone_edit *edit = zone_edit_begin(zone, &zones_limits);
    static uint8_t rdata[ZONE_RRSET_MAX];
    const size_t len = ZONE_RRSET_MAX - ZONE_RR_FIXED;
    assert_int_equal(zone_edit_add(edit, zones_name("big.t."), 65280, 1, rdata, len), 0);
    assert_int_equal(zone_edit_add(edit, zones_name("big.t."), 65281, 1, rdata, 9000), 0);
    assert_true(zone_edit_commit(edit));
    asker_start(&asker, &zone, 1);
    assert_int_equal(
        strncmp(asker_ask(&asker, "big.t. TYPE65280 tcp edns=512"), "NOERROR aa\n", 11), 0);
    assert_int_equal(asker.answer_len, 12 + 11 + ZONE_RRSET_MAX + 11);
    assert_int_equal(
        strncmp(asker_ask(&asker, "big.t. TYPE65280 edns=4096"), "NOERROR aa tc\n", 14), 0);
    assert_int_equal(strncmp(asker_ask(&asker, "big.t. ANY tcp"), "NOERROR aa tc\n", 14), 0);
    asker_stop(&asker);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, zones_enter, zones_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_place_goes_up_label_by_label),
        TEST(no_rrset_is_ever_split),
        TEST(a_negative_answer_without_room_for_its_soa_is_cut),
        TEST(names_out_of_the_reach_of_pointers_are_written_out),
        TEST(the_largest_answer_is_a_message_of_65535_octets_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
