/* Signed transfers are proved by tests/live/test_secondary.py with other servers; here the primary
 * does not sign. */
#include "server/xfr_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/rcu.h"
#include "tests/lib/kept.h"
#include "tests/lib/primary.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

#define SOA(serial) "@ SOA m r " serial " 1 2 3 4\n"

static struct kept kept;
static struct loop *loop;
static struct primary primary;
static struct secondary_zone zone;
static struct zone *had;
static const char *says;
static uint8_t says_rcode;
static unsigned calls;
static int outcome;
static enum zone_xfr_in_form form;
static bool is_refused_form;
static uint64_t octets_max;

static size_t answer(void *context, bool is_stream, const uint8_t *request, size_t len,
                     uint8_t *out)
{
    (void)context;
    uint16_t type = memmem(request, len, "\0\373\0\1", 4) ? DNS_TYPE_IXFR : DNS_TYPE_AXFR;
    size_t n = primary_write(request, is_stream, "t.", type, says, out);
    out[2 + 3] |= says_rcode;
    return n;
}

static void on_done(void *context, const struct xfr_in_result *result)
{
    assert_ptr_equal(context, &loop);
    calls++;
    outcome = result->err;
    is_refused_form = result->is_refused_form;
    assert_true((result->content != NULL) == (result->err == 0));
    assert_true((result->why != NULL) == (result->err != 0));
    form = result->content ? zone_xfr_in_facts(result->content)->form : ZONE_XFR_IN_OPEN;
    zone_xfr_in_destroy(result->content);
}

static int setup(void **state)
{
    (void)state;
    kept_start(&kept);
    kept_apply(&kept, " []");
    primary = (struct primary){.answer = answer};
    primary_start(&primary);
    had = zones_make("t.", SOA("1"));
    zone = (struct secondary_zone){
        .zone = (uint8_t *)"\1t", .primaries = &primary.address, .primary_count = 1};
    calls = 0;
    says_rcode = 0;
    octets_max = 1 << 20;
    return loop_create(false, &loop);
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(loop_destroy(loop), 0);
    primary_stop(&primary);
    zone_unref(had);
    kept_finish(&kept);
    return 0;
}

static int start(uint16_t type, struct xfr_in **out_xfr)
{
    const struct secondary_limits limits = {1, 10000, octets_max};
    struct xfr_in_options options = {.secondary = &zone,
                                     .type = type,
                                     .rules = rcu_read(kept.world.now)->rules,
                                     .zone = had,
                                     .hash_key = &zones_key,
                                     .limits = &limits,
                                     .clock = &kept.clock.clock,
                                     .on_done = on_done,
                                     .context = &loop};
    return xfr_in_start(loop, &options, out_xfr);
}

static void transfers_end_as_they_should(void **state)
{
    static const struct {
        const char *label;
        uint16_t type;
        const char *says;
        uint8_t rcode;
        int err;
        enum zone_xfr_in_form form;
        bool is_refused_form;
    } rows[] = {
        {"AXFR", DNS_TYPE_AXFR, SOA("2") "a A 192.0.2.1\n" SOA("2"), 0, 0, ZONE_XFR_IN_WHOLE,
         false},
        {"IXFR", DNS_TYPE_IXFR, SOA("2") SOA("1") SOA("2") SOA("2"), 0, 0, ZONE_XFR_IN_CHANGES,
         false},
        {"AXFR for IXFR", DNS_TYPE_IXFR, SOA("2") "a A 192.0.2.1\n" SOA("2"), 0, 0,
         ZONE_XFR_IN_WHOLE, false},
        {"nothing newer", DNS_TYPE_IXFR, SOA("1"), 0, 0, ZONE_XFR_IN_SAME, false},
        {"refused AXFR", DNS_TYPE_AXFR, "", 5, ERR_DENIED, ZONE_XFR_IN_OPEN, false},
        {"IXFR that is not known", DNS_TYPE_IXFR, "", 4, ERR_DENIED, ZONE_XFR_IN_OPEN, true},
        {"changes from elsewhere", DNS_TYPE_IXFR, SOA("3") SOA("2") SOA("3") SOA("3"), 0,
         ERR_ZONE_SOA, ZONE_XFR_IN_OPEN, true},
        {"IXFR without a record", DNS_TYPE_IXFR, "", 0, ERR_VALUE, ZONE_XFR_IN_OPEN, true},
        {"AXFR without a record", DNS_TYPE_AXFR, "", 0, ERR_VALUE, ZONE_XFR_IN_OPEN, false},
        {"more after the IXFR", DNS_TYPE_IXFR,
         SOA("2") SOA("1") SOA("2") SOA("2") "a A 192.0.2.1\n", 0, ERR_TRAILING, ZONE_XFR_IN_OPEN,
         true},
        {"half an IXFR", DNS_TYPE_IXFR, SOA("2") SOA("1"), 0, ERR_SHORT, ZONE_XFR_IN_OPEN, false},
        {"half of it", DNS_TYPE_AXFR, SOA("2") "a A 192.0.2.1\n", 0, ERR_SHORT, ZONE_XFR_IN_OPEN,
         false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct xfr_in *xfr = NULL;
        print_message("%s\n", rows[i].label);
        says = rows[i].says;
        says_rcode = rows[i].rcode;
        calls = 0;
        assert_int_equal(start(rows[i].type, &xfr), 0);
        loop_run(loop);
        assert_int_equal(calls, 1);
        assert_int_equal(outcome, rows[i].err);
        assert_int_equal(form, rows[i].form);
        assert_int_equal(is_refused_form, rows[i].is_refused_form);
    }
}

/* As changes it may be, but what is too large as a whole is so for both types. */
static void too_much_is_asked_for_in_another_form_once(void **state)
{
    static const struct {
        const char *says;
        bool is_refused_form;
    } rows[] = {{SOA("2") SOA("1") SOA("2") SOA("2"), true},
                {SOA("2") "a A 192.0.2.1\n"
                          "b A 192.0.2.1\n" SOA("2"),
                 false}};
    (void)state;
    octets_max = 300;
    for (size_t i = 0; i < 2; i++) {
        struct xfr_in *xfr = NULL;
        says = rows[i].says;
        assert_int_equal(start(DNS_TYPE_IXFR, &xfr), 0);
        loop_run(loop);
        assert_int_equal(outcome, ERR_LIMIT);
        assert_int_equal(is_refused_form, rows[i].is_refused_form);
    }
}

static void an_unsigned_transfer_is_refused_where_a_key_is(void **state)
{
    struct xfr_in *xfr = NULL;
    (void)state;
    says = SOA("2") SOA("2");
    zone.key = (uint8_t *)"\2k1";
    assert_int_equal(start(DNS_TYPE_IXFR, &xfr), 0);
    loop_run(loop);
    assert_int_equal(outcome, ERR_DENIED);
    assert_false(is_refused_form);
    zone.key = (uint8_t *)"\2k9";
    assert_int_equal(start(DNS_TYPE_AXFR, &xfr), ERR_MISSING);
}

static void who_stops_hears_nothing(void **state)
{
    struct xfr_in *xfr = NULL;
    (void)state;
    says = SOA("2") SOA("2");
    assert_int_equal(start(DNS_TYPE_AXFR, &xfr), 0);
    xfr_in_stop(xfr);
    xfr_in_stop(NULL);
    loop_run(loop);
    assert_int_equal(calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(transfers_end_as_they_should, setup, teardown),
        cmocka_unit_test_setup_teardown(too_much_is_asked_for_in_another_form_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_unsigned_transfer_is_refused_where_a_key_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_stops_hears_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
