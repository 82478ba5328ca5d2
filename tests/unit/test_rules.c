#include "server/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "sched/choose/book.h"
#include "tests/lib/heap.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET       "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="

static struct server_conf *load(const char *text)
{
    struct server_conf *conf = NULL;
    struct err_at at = {.text = ""};
    if (server_conf_parse("/x.yaml", text, strlen(text), &conf, &at)) {
        fail_msg("%u:%u: %s", at.line, at.column, at.text);
    }
    return conf;
}

static const char full[] = "store: {path: store}\n"
                           "keys:\n"
                           "  - {name: One.Key, algorithm: hmac-sha256, secret: " SECRET "}\n"
                           "  - {name: two, algorithm: hmac-sha1, secret: " SECRET "}\n"
                           "  - {name: three, algorithm: hmac-sha384, secret: " SECRET "}\n"
                           "  - {name: four, algorithm: hmac-sha512, secret: " SECRET "}\n"
                           "zones:\n"
                           "  - {name: z.t, transfer: [{key: two}]}\n"
                           "  - {name: a.z.t, transfer: [{key: one.key}]}\n"
                           "  - {name: B.t, update: [{key: one.key, owner: x, types: [A]}]}\n"
                           "  - {name: t}\n";

static struct rules *make(const char *text)
{
    struct server_conf *conf = load(text);
    struct rules *rules = NULL;
    size_t bad;
    assert_int_equal(rules_create(conf, &rules, &bad), 0);
    server_conf_free(conf); /* everything is copied */
    return rules;
}

static void policies_of_operators_go_with_the_rules(void **state)
{
    (void)state;
    struct rules *rules = make(full);
    struct book *book = book_create(1, 0);
    assert_null(rules_book(NULL));
    assert_null(rules_book(rules));
    rules_take_book(rules, book_ref(book));
    book_unref(book); /* the rules' own is the last one */
    assert_ptr_equal(rules_book(rules), book);
    rules_unref(rules);
}

static void every_key_is_found_with_its_algorithm(void **state)
{
    (void)state;
    static const struct {
        const char *name, *algorithm;
    } rows[] = {
        {"one.key.", "hmac-sha256"},
        {"two.", "hmac-sha1"},
        {"three.", "hmac-sha384"},
        {"four.", "hmac-sha512"},
    };
    struct rules *rules = make(full);
    const struct dns_tsig_ring *ring = rules_ring(rules);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct dns_tsig_key *key = dns_tsig_ring_find(ring, zones_name(rows[i].name));
        assert_non_null(key);
        assert_string_equal(key->algorithm->text, rows[i].algorithm);
    }
    assert_null(dns_tsig_ring_find(ring, zones_name("five.")));
    assert_null(rules_ring(NULL));
    rules_unref(rules);
}

static void keys_and_zones_are_listed_in_order(void **state)
{
    (void)state;
    static const char text[] =
        "store: {path: store}\n"
        "keys:\n"
        "  - {name: b, mac_min: 20, secret: " SECRET "}\n"
        "  - {name: a, algorithm: hmac-sha512, secret: " SECRET "}\n"
        "zones:\n"
        "  - {name: z.t, transfer: [{key: a}, {source: \"::1\"}, {key: b}], notify_key: a,\n"
        "     update: [{key: b, owner: x, types: [A]}]}\n"
        "  - {name: y.t}\n";
    struct rules *rules = make(text);
    const uint8_t *key;
    assert_int_equal(rules_key_count(rules), 2);
    assert_memory_equal(rules_key_at(rules, 0)->name, "\1a", 3);
    assert_string_equal(rules_key_at(rules, 0)->algorithm, "hmac-sha512");
    assert_int_equal(rules_key_at(rules, 0)->mac_min, 0);
    assert_false(rules_key_at(rules, 0)->is_from_file);
    assert_int_equal(rules_key_at(rules, 1)->mac_min, 20);
    assert_int_equal(dns_tsig_ring_find(rules_ring(rules), zones_name("b."))->mac_min, 20);
    assert_int_equal(dns_tsig_ring_find(rules_ring(rules), zones_name("a."))->mac_min, 64);
    assert_int_equal(rules_zone_count(rules), 2);
    assert_memory_equal(rules_zone_at(rules, 0)->name, "\1y\1t", 5);
    assert_null(rules_zone_at(rules, 0)->notify_key);
    const struct rules_zone *zone = rules_zone_at(rules, 1);
    assert_memory_equal(zone->notify_key, "\1a", 3);
    assert_true(policy_rule_key(zone->policy, POLICY_TRANSFER, 1, &key));
    assert_memory_equal(key, "\1a", 3);
    assert_true(policy_rule_key(zone->policy, POLICY_TRANSFER, 2, &key));
    assert_null(key);
    assert_true(policy_rule_key(zone->policy, POLICY_TRANSFER, 3, &key));
    assert_false(policy_rule_key(zone->policy, POLICY_TRANSFER, 4, &key));
    assert_true(policy_rule_key(zone->policy, POLICY_UPDATE, 1, &key));
    assert_memory_equal(key, "\1b", 3);
    assert_false(policy_rule_key(zone->policy, POLICY_UPDATE, 2, &key));
    assert_false(policy_rule_key(NULL, POLICY_UPDATE, 1, &key));
    assert_int_equal(rules_key_count(NULL) + rules_zone_count(NULL), 0);
    rules_unref(rules);
}

/* True when a key may fetch from a zone. */
static bool may_fetch(const struct rules *rules, const char *zone, const char *key)
{
    struct query_peer peer = {.transport = QUERY_TCP};
    struct policy_who who = {.peer = &peer, .key = zones_name(key)};
    return policy_may_transfer(rules_policy(rules, zones_name(zone)), &who);
}

static void every_zone_has_its_own_policy(void **state)
{
    (void)state;
    struct rules *rules = make(full);
    assert_true(may_fetch(rules, "z.t.", "two."));
    assert_false(may_fetch(rules, "z.t.", "one.key."));
    assert_true(may_fetch(rules, "a.z.t.", "one.key."));
    assert_false(may_fetch(rules, "a.z.t.", "two."));
    assert_false(may_fetch(rules, "t.", "one.key."));
    assert_false(may_fetch(rules, "b.t.", "one.key."));
    struct query_peer peer = {.transport = QUERY_TCP};
    struct policy_who who = {.peer = &peer, .key = zones_name("one.key.")};
    struct policy_what what = {zones_name("b.t."), zones_name("x.b.t."), DNS_TYPE_A};
    const struct policy *policy = rules_policy(rules, zones_name("b.t."));
    assert_int_equal(policy_find_update(policy, &who, &what), 1);
    assert_ptr_equal(policy, rules_policy(rules, (const uint8_t *)"\1B\1T"));
    rules_unref(rules);
}

static void a_name_without_a_zone_has_no_policy(void **state)
{
    (void)state;
    static const char *const names[] = {".", "x.z.t.", "z.", "b.", "zz.t.", "u."};
    struct rules *rules = make(full);
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_null(rules_policy(rules, zones_name(names[i])));
    }
    rules_unref(rules);
    rules = make("store: {path: store}\nzones: []\n");
    assert_null(rules_policy(rules, zones_name("t.")));
    assert_null(dns_tsig_ring_find(rules_ring(rules), zones_name("two.")));
    rules_unref(rules);
}

static void the_last_reference_frees(void **state)
{
    (void)state;
    rules_unref(make(full)); /* what is made once and stays */
    size_t before = heap_used();
    for (unsigned i = 0; i < 200; i++) {
        struct rules *rules = make(full);
        assert_ptr_equal(rules_ref(rules), rules);
        rules_unref(rules);
        assert_true(may_fetch(rules, "z.t.", "two."));
        rules_unref(rules);
    }
    assert_true(heap_used() < before + 200000);
    rules_unref(NULL);
}

static void zones_that_are_alike_share_one_policy(void **state)
{
    (void)state;
    struct server_conf_transfer rule = {.key = (const uint8_t *)"\3one"};
    struct server_conf_zone zones[] = {
        {.name = (const uint8_t *)"\1c", .catalog = SERVER_CONF_PRODUCER},
        {.name = (const uint8_t *)"\1z",
         .transfer = {&rule, 1},
         .member_of = (const uint8_t *)"\1c"},
        {.name = (const uint8_t *)"\1a", .member_of = (const uint8_t *)"\1c", .like = 2},
    };
    struct server_conf conf = {.zones = {zones, COUNT(zones)}};
    struct rules *rules = NULL;
    size_t bad;
    assert_int_equal(rules_create(&conf, &rules, &bad), 0);
    const struct policy *policy = rules_policy(rules, zones_name("z."));
    struct query_peer peer = {.family = 4};
    struct policy_who who = {&peer, (const uint8_t *)"\3one", NULL};
    assert_true(policy_may_transfer(policy, &who));
    assert_ptr_equal(rules_policy(rules, zones_name("A.")), policy);
    assert_ptr_not_equal(rules_policy(rules, zones_name("c.")), policy);
    assert_int_equal(rules_find_zone(rules, zones_name("c."))->catalog, SERVER_CONF_PRODUCER);
    assert_null(rules_find_zone(rules, zones_name("c."))->member_of);
    assert_memory_equal(rules_find_zone(rules, zones_name("a."))->member_of, "\1c", 3);
    assert_null(rules_find_zone(rules, zones_name("nowhere.")));
    assert_null(rules_find_zone(NULL, zones_name("c.")));
    rules_unref(rules);
}

static void a_key_that_is_refused_is_told(void **state)
{
    (void)state;
    static const uint8_t one[] = "\3one", same[] = "\3ONE";
    static uint8_t secret[32] = "secret";
    struct server_conf_key keys[] = {
        {.algorithm = SERVER_CONF_HMAC_SHA256, .name = one, .secret = {secret, sizeof(secret)}},
        {.algorithm = SERVER_CONF_HMAC_SHA512, .name = same, .secret = {secret, sizeof(secret)}},
    };
    struct server_conf conf = {.keys = {keys, 2}};
    struct rules *rules = NULL;
    size_t bad = 77;
    assert_int_equal(rules_create(&conf, &rules, &bad), ERR_EXISTS);
    assert_int_equal(bad, 1);
    assert_null(rules);
    keys[1].name = (const uint8_t *)"\3two";
    keys[1].secret.len = 0;
    assert_int_equal(rules_create(&conf, &rules, &bad), ERR_VALUE);
    assert_int_equal(bad, 1);
    keys[1].secret.len = 1;
    assert_int_equal(rules_create(&conf, &rules, &bad), 0);
    rules_unref(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_of_operators_go_with_the_rules),
        cmocka_unit_test(every_key_is_found_with_its_algorithm),
        cmocka_unit_test(keys_and_zones_are_listed_in_order),
        cmocka_unit_test(every_zone_has_its_own_policy),
        cmocka_unit_test(a_name_without_a_zone_has_no_policy),
        cmocka_unit_test(the_last_reference_frees),
        cmocka_unit_test(zones_that_are_alike_share_one_policy),
        cmocka_unit_test(a_key_that_is_refused_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
