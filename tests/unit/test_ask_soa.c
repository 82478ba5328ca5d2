/* Signed answers are proved by tests/live/test_secondary.py with other servers; here the primary does
 * not sign. */
#include "server/ask_soa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/kept.h"
#include "tests/lib/primary.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

static struct kept kept;
static struct loop *loop;
static struct primary primary;
static struct secondary_zone zone;
static struct mac *mac;
static unsigned calls;
static bool has_soa;
static uint32_t serial;

static size_t answer(void *context, bool is_stream, const uint8_t *request, size_t len,
                     uint8_t *out)
{
    (void)context;
    (void)len;
    return primary_write(request, is_stream, "t.", DNS_TYPE_SOA, "@ SOA m r 77 1 1 1 1\n", out);
}

static void on_done(void *context, const struct request_soa *soa, const char *why)
{
    assert_ptr_equal(context, &loop);
    assert_true((soa != NULL) != (why != NULL));
    calls++;
    has_soa = soa && soa->has_soa;
    serial = soa ? soa->serial : 0;
}

static int setup(void **state)
{
    (void)state;
    kept_start(&kept);
    kept_apply(&kept, " []");
    primary = (struct primary){.answer = answer};
    primary_start(&primary);
    zone = (struct secondary_zone){
        .zone = (uint8_t *)"\1t", .primaries = &primary.address, .primary_count = 1};
    mac = mac_create(4);
    calls = 0;
    return loop_create(false, &loop);
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(loop_destroy(loop), 0);
    mac_destroy(mac);
    primary_stop(&primary);
    kept_finish(&kept);
    return 0;
}

static int start(struct ask_soa **out_ask)
{
    struct ask_soa_options options = {.secondary = &zone,
                                      .rules = rcu_read(kept.world.now)->rules,
                                      .mac = mac,
                                      .clock = &kept.clock.clock,
                                      .on_done = on_done,
                                      .context = &loop};
    return ask_soa_start(loop, &options, out_ask);
}

static void the_serial_is_told(void **state)
{
    struct ask_soa *ask = NULL;
    (void)state;
    assert_int_equal(start(&ask), 0);
    loop_run(loop);
    assert_int_equal(calls, 1);
    assert_true(has_soa);
    assert_int_equal(serial, 77);
}

static void an_unsigned_answer_does_not_count_where_a_key_is(void **state)
{
    struct ask_soa *ask = NULL;
    (void)state;
    zone.key = (uint8_t *)"\2k1";
    assert_int_equal(start(&ask), 0);
    loop_run(loop);
    assert_int_equal(calls, 1);
    assert_false(has_soa);
}

static void a_key_that_is_not_there_asks_nobody(void **state)
{
    struct ask_soa *ask = NULL;
    (void)state;
    zone.key = (uint8_t *)"\2k9";
    assert_int_equal(start(&ask), ERR_MISSING);
    loop_run(loop);
    assert_int_equal(calls, 0);
}

static void who_stops_hears_nothing(void **state)
{
    struct ask_soa *ask = NULL;
    (void)state;
    assert_int_equal(start(&ask), 0);
    ask_soa_stop(ask);
    ask_soa_stop(NULL);
    loop_run(loop);
    assert_int_equal(calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_serial_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unsigned_answer_does_not_count_where_a_key_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_key_that_is_not_there_asks_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(who_stops_hears_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
