#include "server/adopt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "tests/lib/kept.h"
#include "tests/lib/transfers.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"
#include "zones/zone_store_time.h"

static struct kept kept;

#define SECONDARY   "\n  - {name: t, primary: ['127.0.0.1:53']}"
#define SOA(serial) "@ SOA m r " serial " 1 2 3200 4\n"

static int enter(void **state)
{
    *state = &kept;
    kept_start(&kept);
    kept_apply(&kept, SECONDARY);
    return 0;
}

static struct adopt_context with(void)
{
    return (struct adopt_context){kept.keeper, kept.store, &kept.clock.clock};
}

/* A transfer of one message, asked with the serial that is there. */
static struct zone_xfr_in *transfer(uint16_t type, const char *text)
{
    static uint8_t message[TRANSFERS_MAX];
    const struct zone *had = kept_find(&kept, "t.")->zone;
    const struct zone_xfr_in_ask ask = {.name = zones_name("t."),
                                        .key = &zones_key,
                                        .type = type,
                                        .id = TRANSFERS_ID,
                                        .serial = zone_serial(had, zone_version(had)),
                                        .octets_max = 1 << 20};
    struct zone_xfr_in *xfr = zone_xfr_in_create(&ask);
    assert_int_equal(zone_xfr_in_take(xfr, message, transfers_write("t.", type, text, message)), 0);
    assert_true(zone_xfr_in_facts(xfr)->is_whole);
    return xfr;
}

static int adopt(uint16_t type, const char *text)
{
    struct adopt_context context = with();
    struct zone_xfr_in *xfr = transfer(type, text);
    int err = adopt_content(&context, zones_name("t."), kept_secondary(&kept, "t.")->state, xfr,
                            kept.clock.wall);
    zone_xfr_in_destroy(xfr);
    return err;
}

static void assert_shows(const char *wanted)
{
    struct zone *model = zones_make("t.", wanted);
    char *text = kept_print(&kept, "t."), *model_text = zones_print(model, zone_version(model));
    assert_string_equal(text, model_text);
    mem_free(text);
    mem_free(model_text);
    zone_unref(model);
}

/* The world shows it, and so it does after a restart. */
static void assert_keeps(const char *wanted)
{
    assert_shows(wanted);
    kept_restart(&kept);
    kept_apply(&kept, SECONDARY);
    assert_shows(wanted);
}

static void the_first_zone_is_saved_whole(void **state)
{
    (void)state;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.1\n" SOA("7")), 0);
    assert_true(secondary_is_served(kept_secondary(&kept, "t.")->state));
    assert_int_equal(zone_store_time_get(kept.store, zones_name("t.")), KEPT_NOW_S);
    assert_keeps(SOA("7") "a A 192.0.2.1\n");
}

static void a_newer_zone_is_a_change_of_the_old_one(void **state)
{
    (void)state;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.1\nb A 192.0.2.2\n" SOA("7")), 0);
    uint64_t seq = kept_find(&kept, "t.")->state.seq;
    const struct zone *zone = kept_find(&kept, "t.")->zone;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("9") "a CNAME x\nc A 192.0.2.3\n" SOA("9")), 0);
    assert_ptr_equal(kept_find(&kept, "t.")->zone, zone);
    assert_int_equal(kept_find(&kept, "t.")->state.seq, seq + 1); /* one entry of the journal */
    assert_keeps(SOA("9") "a CNAME x\nc A 192.0.2.3\n");
}

static void what_breaks_our_rules_is_kept(void **state)
{
    (void)state;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.1\n" SOA("7")), 0);
    assert_int_equal(adopt(DNS_TYPE_IXFR, SOA("8") SOA("7") SOA("8") "a CNAME b\n" SOA("8")), 0);
    for (unsigned i = 0; i < 2; i++) { /* also when the journal is read again */
        const struct zone *zone = kept_find(&kept, "t.")->zone;
        assert_int_equal(zones_get(zone, zone_version(zone), "a.t.")->rrset_count, 2);
        kept_restart(&kept);
        kept_apply(&kept, SECONDARY);
    }
}

static void changes_are_applied_or_nothing_is(void **state)
{
    (void)state;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.1\n" SOA("7")), 0);
    assert_int_equal(adopt(DNS_TYPE_IXFR,
                           SOA("8") SOA("7") "a A 192.0.2.1\n" SOA("8") "b A 192.0.2.2\n" SOA("8")),
                     0);
    assert_int_equal(
        adopt(DNS_TYPE_IXFR, SOA("9") SOA("8") "b A 192.0.2.2\nq A 192.0.2.2\n" SOA("9") SOA("9")),
        ERR_MISSING);
    assert_null(kept_find(&kept, "t.")->edit);
    assert_keeps(SOA("8") "b A 192.0.2.2\n");
}

static void changes_that_lead_back_are_refused(void **state)
{
    (void)state;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") SOA("7")), 0);
    assert_int_equal(adopt(DNS_TYPE_IXFR, SOA("6") SOA("7") SOA("6") SOA("6")), ERR_ZONE_SOA);
    assert_keeps(SOA("7"));
}

static void an_older_zone_takes_the_place_of_ours(void **state)
{
    (void)state;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.1\n" SOA("7")), 0);
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("3") "b A 192.0.2.1\n" SOA("3")), 0);
    const struct held *held = kept_find(&kept, "t.");
    assert_int_equal(held->state.saved_seq, held->state.seq); /* no difference leads there */
    assert_keeps(SOA("3") "b A 192.0.2.1\n");
}

static void the_same_zone_again_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.1\n" SOA("7")), 0);
    uint64_t seq = kept_find(&kept, "t.")->state.seq;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.1\n" SOA("7")), 0);
    assert_int_equal(kept_find(&kept, "t.")->state.seq, seq);
    /* another zone under the same serial is another zone */
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") "a A 192.0.2.9\n" SOA("7")), 0);
    assert_keeps(SOA("7") "a A 192.0.2.9\n");
}

static void a_zone_expires_and_comes_back(void **state)
{
    (void)state;
    struct adopt_context context = with();
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") SOA("7")), 0);
    const struct secondary_state *zone = kept_secondary(&kept, "t.")->state;
    assert_int_equal(adopt_expired(&context, zones_name("t."), zone), 0);
    assert_shows("");
    assert_string_equal(secondary_look(zone, 0).state, "expired");
    kept.clock.wall += 1000;
    assert_int_equal(adopt_refreshed(&context, zones_name("t."), zone, kept.clock.wall), 0);
    assert_shows(SOA("7"));
    assert_int_equal(zone_store_time_get(kept.store, zones_name("t.")), kept.clock.wall);
    assert_int_equal(adopt_expired(&context, zones_name("t."), zone), 0);
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("8") SOA("8")), 0); /* so it does by a transfer */
    assert_shows(SOA("8"));
}

static void news_for_who_is_no_secondary_any_more_are_dropped(void **state)
{
    (void)state;
    struct adopt_context context = with();
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") SOA("7")), 0);
    struct secondary_state *zone = secondary_ref_state(kept_secondary(&kept, "t.")->state);
    struct zone_xfr_in *xfr = transfer(DNS_TYPE_AXFR, SOA("8") SOA("8"));
    kept_apply(&kept, "\n  - {name: t}");
    assert_int_equal(adopt_content(&context, zones_name("t."), zone, xfr, KEPT_NOW_S), ERR_NOT_NOW);
    assert_int_equal(adopt_refreshed(&context, zones_name("t."), zone, KEPT_NOW_S), ERR_NOT_NOW);
    assert_int_equal(adopt_expired(&context, zones_name("t."), zone), ERR_NOT_NOW);
    assert_shows(SOA("7"));
    zone_xfr_in_destroy(xfr);
    secondary_unref_state(zone);
}

/* A zone is ours, then a primary's, then ours again: nothing of the time between is left over. */
static void a_zone_that_is_ours_again_has_its_lists_and_no_time(void **state)
{
    (void)state;
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("7") SOA("7")), 0);
    kept_apply(&kept, "\n  - {name: t, index: on}");
    assert_non_null(kept_find(&kept, "t.")->index);
    assert_int_equal(zone_store_time_get(kept.store, zones_name("t.")), 0);
    kept_apply(&kept, SECONDARY);
    assert_null(kept_find(&kept, "t.")->index);
    assert_int_equal(adopt(DNS_TYPE_AXFR, SOA("8") "x A 192.0.2.1\n" SOA("8")), 0);
    kept_apply(&kept, "\n  - {name: t, index: on}");
    assert_non_null(kept_find(&kept, "t.")->index);
    assert_int_equal(zone_store_time_get(kept.store, zones_name("t.")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, kept_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_zone_is_saved_whole),
        TEST(a_newer_zone_is_a_change_of_the_old_one),
        TEST(what_breaks_our_rules_is_kept),
        TEST(changes_are_applied_or_nothing_is),
        TEST(changes_that_lead_back_are_refused),
        TEST(an_older_zone_takes_the_place_of_ours),
        TEST(the_same_zone_again_changes_nothing),
        TEST(a_zone_expires_and_comes_back),
        TEST(news_for_who_is_no_secondary_any_more_are_dropped),
        TEST(a_zone_that_is_ours_again_has_its_lists_and_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
