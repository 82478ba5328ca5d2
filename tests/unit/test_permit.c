#include "server/permit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/conf.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_type.h"

/* Rules are counted from 1. */
static const char text[] =
    "store: {path: store}\n"
    "keys: [{name: k, secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=}]\n"
    "zones:\n"
    "  - name: z.t\n"
    "    update:\n"
    "      - {key: k, owner: two, types: any, records_max: 2}\n"
    "      - {key: k, owner: slow, types: any, rate: 3}\n"
    "      - {key: k, owner: '**.load', types: CLOAD, durability: relaxed}\n"
    "      - {key: k, owner: '**.load', types: any}\n"
    "      - {key: k, owner: free, types: any}\n";

static struct clock_fake fake;
static struct policy *policy;
static struct permit *permit;
static const struct query_peer peer = {.transport = QUERY_TCP, .family = 4, .address = {192, 0, 2}};
static struct policy_who who;
static uint16_t ede;
static char why[ZONE_UPDATE_TEXT];

static int enter(void **state)
{
    (void)state;
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    if (server_conf_parse("/x.yaml", text, strlen(text), &conf, &at)) {
        fail_msg("%u:%u: %s", at.line, at.column, at.text);
    }
    policy = policy_create(&conf->zones.items[0]);
    server_conf_free(conf);
    clock_fake_init(&fake, 0);
    permit = permit_create(&fake.clock);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    permit_destroy(permit);
    permit_destroy(NULL);
    policy_destroy(policy);
    return 0;
}

static void begin(void)
{
    who = (struct policy_who){.peer = &peer, .key = zones_name("k.")};
    permit_begin(permit, policy, zones_name("z.t."), &who);
}

static bool ask(const char *owner, uint16_t type)
{
    const struct zone_update_record record = {zones_name(owner), type, false};
    ede = 0;
    why[0] = '\0';
    return permit_record(permit, &record, &ede, why);
}

static void assert_refused(const char *owner, uint16_t expected, const char *expected_why)
{
    assert_false(ask(owner, DNS_TYPE_A));
    assert_int_equal(ede, expected);
    assert_string_equal(why, expected_why);
}

static void what_no_rule_permits_is_refused(void **state)
{
    (void)state;
    begin();
    assert_refused("other.z.t.", DNS_EDE_PROHIBITED, "no rule permits it");
    permit_begin(permit, NULL, zones_name("z.t."), &who);
    assert_refused("free.z.t.", DNS_EDE_PROHIBITED, "no rule permits it");
}

static void a_message_brings_as_many_records_as_its_rule_says(void **state)
{
    (void)state;
    for (unsigned message = 0; message < 3; message++) {
        begin();
        assert_true(ask("two.z.t.", DNS_TYPE_A));
        for (unsigned i = 0; i < 10; i++) { /* another rule's, which do not count */
            assert_true(ask("free.z.t.", DNS_TYPE_A));
        }
        assert_true(ask("two.z.t.", DNS_TYPE_TXT));
        assert_refused("two.z.t.", DNS_EDE_OVER_QUOTA,
                       "rule 1 permits no more than 2 records a message");
    }
}

static void a_rule_lets_through_so_many_messages_a_second(void **state)
{
    (void)state;
    for (unsigned second = 0; second < 3; second++) {
        for (unsigned message = 0; message < 3; message++) {
            begin();
            for (unsigned i = 0; i < 5; i++) { /* records are not messages */
                assert_true(ask("slow.z.t.", DNS_TYPE_A));
            }
        }
        begin();
        assert_true(ask("free.z.t.", DNS_TYPE_A));
        assert_refused("slow.z.t.", DNS_EDE_RATE_LIMITED,
                       "rule 2 permits no more than 3 messages a second");
        fake.mono += 1000000000u;
    }
}

static void a_message_is_relaxed_when_all_its_records_are(void **state)
{
    (void)state;
    begin();
    assert_false(permit_is_relaxed(permit)); /* nothing yet */
    assert_true(ask("a.load.z.t.", DNS_TYPE_CLOAD));
    assert_true(permit_is_relaxed(permit));
    assert_true(ask("b.load.z.t.", DNS_TYPE_CLOAD));
    assert_true(permit_is_relaxed(permit));
    assert_true(ask("b.load.z.t.", DNS_TYPE_A)); /* the next rule */
    assert_false(permit_is_relaxed(permit));
    assert_true(ask("b.load.z.t.", DNS_TYPE_CLOAD));
    assert_false(permit_is_relaxed(permit));
    begin();
    assert_true(ask("free.z.t.", DNS_TYPE_CLOAD));
    assert_false(permit_is_relaxed(permit));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_no_rule_permits_is_refused, enter, leave),
        cmocka_unit_test_setup_teardown(a_message_brings_as_many_records_as_its_rule_says, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_rule_lets_through_so_many_messages_a_second, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_message_is_relaxed_when_all_its_records_are, enter,
                                        leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
