#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/zones.h"
#include "zones/attr_text.h"
#include "zones/dns_type.h"
#include "zones/zone_update_rule.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOW_S = 1000 };

static const char base[] = "c CENTRE . kind=ai\n"
                           "c CNET p. obs=900 medium=otn slice=a\n"
                           "c CNET p. obs=800 medium=otn region=440300\n"
                           "p.c CRES . cpu=100\n"
                           "p.c CLOAD . obs=900 cpuf=50\n"
                           "odd.c CLOAD . obs=900\n"
                           "full.c CRES . cpu=10\n"
                           "full.c CLOAD . obs=1 cpuf=11\n"
                           "a A 192.0.2.1\n";

static struct zone *zone;
static struct zone_edit *edit;

static int begin(void **state)
{
    (void)state;
    zone = zones_make("t.", base);
    edit = zone_edit_begin(zone, &zones_limits);
    return 0;
}

static int end(void **state)
{
    (void)state;
    zone_edit_abort(edit);
    zone_unref(zone);
    return 0;
}

static void signing_makes_six_types(void **state)
{
    unsigned count = 0;
    (void)state;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        count += zone_update_rule_is_signing((uint16_t)type) ? 1 : 0;
    }
    assert_int_equal(count, 6);
    assert_true(zone_update_rule_is_signing(DNS_TYPE_SIG));
    assert_true(zone_update_rule_is_signing(DNS_TYPE_NXT));
    assert_true(zone_update_rule_is_signing(DNS_TYPE_RRSIG));
    assert_true(zone_update_rule_is_signing(DNS_TYPE_NSEC));
    assert_true(zone_update_rule_is_signing(DNS_TYPE_NSEC3));
    assert_true(zone_update_rule_is_signing(DNS_TYPE_NSEC3PARAM));
    assert_false(zone_update_rule_is_signing(DNS_TYPE_DNSKEY));
}

static void the_server_owns_lists_mirrors_and_what_signing_makes(void **state)
{
    static const struct {
        const char *owner;
        uint16_t type;
        bool owned, without_index;
    } rows[] = {
        {"a.t.", DNS_TYPE_A, false, false},
        {"a.t.", DNS_TYPE_NSEC, true, true},
        {"a.t.", DNS_TYPE_TXT, false, false},
        {"c.t.", DNS_TYPE_TXT, true, false},
        {"p.c.t.", DNS_TYPE_TXT, true, false},
        {"odd.c.t.", DNS_TYPE_TXT, false, false},
        {"c.t.", DNS_TYPE_ANY, false, false},
        {"_pool.c.t.", DNS_TYPE_PTR, true, false},
        {"_pool.nowhere.t.", DNS_TYPE_ANY, true, false},
        {"_compute._tcp.t.", DNS_TYPE_A, true, false},
        {"_ai._sub._compute._tcp.t.", DNS_TYPE_TXT, true, false},
        {"x._compute._tcp.t.", DNS_TYPE_A, false, false},
        {"find.t.", DNS_TYPE_A, false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const uint8_t *owner = zones_name(rows[i].owner);
        bool owned = zone_update_rule_owned(edit, owner, rows[i].type, true) != NULL;
        bool without = zone_update_rule_owned(edit, owner, rows[i].type, false) != NULL;
        if (owned != rows[i].owned || without != rows[i].without_index) {
            fail_msg("%s %u", rows[i].owner, rows[i].type);
        }
    }
}

static int check(const char *owner, uint16_t type, const char *text, struct err_at *at)
{
    uint8_t rdata[500];
    struct dns_scan scan;
    struct wr wr = wr_make(rdata, sizeof(rdata));
    dns_scan_init(&scan, text, strlen(text), at);
    assert_int_equal(attr_text_parse(&scan, type, NULL, &wr), 0);
    return zone_update_rule_record(edit, zones_name(owner), type, rdata, wr_len(&wr), NOW_S, at);
}

static void observations_are_compared_with_those_of_the_same_thing(void **state)
{
    static const struct {
        const char *owner;
        uint16_t type;
        const char *text;
        int err;
    } rows[] = {
        {"p.c.t.", DNS_TYPE_CLOAD, ". obs=900", 0},
        {"p.c.t.", DNS_TYPE_CLOAD, ". obs=899", ERR_ATTR_CROSS},
        {"new.c.t.", DNS_TYPE_CLOAD, ". obs=0", 0},
        {"new.c.t.", DNS_TYPE_CLOAD, ". obs=1060", 0},
        {"new.c.t.", DNS_TYPE_CLOAD, ". obs=1061", ERR_ATTR_CROSS},
        {"c.t.", DNS_TYPE_CNET, "p. obs=900 medium=otn slice=a", 0},
        {"c.t.", DNS_TYPE_CNET, "P. obs=899 medium=otn slice=a", ERR_ATTR_CROSS},
        {"c.t.", DNS_TYPE_CNET, "p. obs=899 medium=otn slice=b", 0},
        {"c.t.", DNS_TYPE_CNET, "p. obs=799 medium=otn region=440300", ERR_ATTR_CROSS},
        {"c.t.", DNS_TYPE_CNET, "p. obs=799 medium=otn region=440301", 0},
        {"c.t.", DNS_TYPE_CNET, "p. obs=799 medium=otn", 0},
        {"c.t.", DNS_TYPE_CNET, "q. obs=1 medium=otn slice=a", 0},
        {"c.t.", DNS_TYPE_CNET, "q. obs=1061", ERR_ATTR_CROSS},
        {"c.t.", DNS_TYPE_CNET, "p. medium=otn slice=a", 0},
        {"q.c.t.", DNS_TYPE_CRES, ". price=1", ERR_ATTR_CROSS},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err_at at = {.text = ""};
        int err = check(rows[i].owner, rows[i].type, rows[i].text, &at);
        if (err != rows[i].err || (err != 0) != (at.text[0] != '\0')) {
            fail_msg("%s: %d \"%s\"", rows[i].text, err, at.text);
        }
    }
    assert_int_equal(zone_update_rule_record(edit, zones_name("a.t."), DNS_TYPE_A,
                                             (const uint8_t *)"\300\0\2\1", 4, NOW_S, NULL),
                     0);
}

static void a_name_is_right_when_its_load_fits_its_resources(void **state)
{
    static const struct {
        const char *owner, *text;
        int err;
    } rows[] = {
        {"p.c.t.", "", 0},
        {"a.t.", "", 0},
        {"no.t.", "", 0},
        {"odd.c.t.", "CLOAD: needs a CRES at its name", ERR_ATTR_CROSS},
        {"full.c.t.", "cpuf: 11 is more than cpu 10", ERR_ATTR_CROSS},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err_at at = {.text = ""};
        assert_int_equal(zone_update_rule_name(edit, zones_name(rows[i].owner), &at), rows[i].err);
        assert_string_equal(at.text, rows[i].text);
    }
}

int main(void)
{
#define EDIT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signing_makes_six_types),
        EDIT_TEST(the_server_owns_lists_mirrors_and_what_signing_makes),
        EDIT_TEST(observations_are_compared_with_those_of_the_same_thing),
        EDIT_TEST(a_name_is_right_when_its_load_fits_its_resources),
    };
    return cmocka_run_group_tests(tests, zones_enter, zones_leave);
}
