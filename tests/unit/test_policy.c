#include "server/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/rand.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Rules of update are counted from 1 in their order. */
static const char text[] =
    "store: {path: store}\n"
    "keys:\n"
    "  - {name: a, secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=}\n"
    "  - {name: b, secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=}\n"
    "  - {name: c.D, secret: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=}\n"
    "zones:\n"
    "  - name: z.t\n"
    "    transfer:\n"
    "      - {key: a}\n"
    "      - {source: [192.0.2.0/24, \"2001:db8::/33\"]}\n"
    "      - {key: b, source: 198.51.100.1}\n"
    "    update:\n"
    "      - {key: a, owner: \"**.pcl\", types: [any]}\n"
    "      - {key: a, owner: [\"*.one\", \"x.*.two\"], types: [A, TXT]}\n"
    "      - {key: b, source: [192.0.2.128/25, \"2001:db8::/33\"], owner: \"@\", types: [A]}\n"
    "      - {source: 127.0.0.0/8, owner: open, types: [TXT]}\n"
    "      - {key: a, owner: \"**\", types: [AAAA, CLOAD]}\n"
    "      - {key: c.d, owner: [\"Upper.Case\", \"**.a.b\", \"*\"], types: [any]}\n"
    "      - {key: a, owner: pcl, types: [A]}\n"
    "  - name: none.t\n";

static struct server_conf *conf;

static int load(void **state)
{
    (void)state;
    struct err_at at = {.text = ""};
    if (server_conf_parse("/x.yaml", text, strlen(text), &conf, &at)) {
        fail_msg("%u:%u: %s", at.line, at.column, at.text);
    }
    return 0;
}

static int unload(void **state)
{
    (void)state;
    server_conf_free(conf);
    return 0;
}

/* A peer "192.0.2.1" or "2001:db8::1"; NULL is a unix socket. */
static struct query_peer peer_of(const char *address)
{
    struct query_peer peer = {.transport = address ? QUERY_UDP : QUERY_UNIX};
    struct server_conf_prefix prefix;
    if (address) {
        char list[200];
        struct server_conf *parsed = NULL;
        snprintf(list, sizeof(list),
                 "store: {path: store}\nzones: [{name: t, transfer: [{source: \"%s\"}]}]\n",
                 address);
        assert_int_equal(server_conf_parse("/y.yaml", list, strlen(list), &parsed, NULL), 0);
        prefix = parsed->zones.items[0].transfer.items[0].source.items[0];
        peer.family = prefix.family;
        memcpy(peer.address, prefix.address, sizeof(peer.address));
        server_conf_free(parsed);
    }
    return peer;
}

static void the_first_rule_that_fits_decides(void **state)
{
    (void)state;
    static const struct {
        const char *label, *key, *address, *owner;
        uint16_t type;
        unsigned rule;
    } rows[] = {
        {"any depth includes none", "a.", "10.0.0.1", "pcl.z.t.", DNS_TYPE_A, 1},
        {"one label before", "a.", "10.0.0.1", "x.pcl.z.t.", DNS_TYPE_CRES, 1},
        {"many labels before", "a.", "10.0.0.1", "a.b.c.d.pcl.z.t.", DNS_TYPE_ANY, 1},
        {"a label that ends like it", "a.", "10.0.0.1", "xpcl.z.t.", DNS_TYPE_A, 0},
        {"the pattern in the middle", "a.", "10.0.0.1", "pcl.x.z.t.", DNS_TYPE_A, 0},
        {"a star is one label", "a.", "10.0.0.1", "x.one.z.t.", DNS_TYPE_A, 2},
        {"a star's own name", "a.", "10.0.0.1", "*.one.z.t.", DNS_TYPE_A, 2},
        {"not none", "a.", "10.0.0.1", "one.z.t.", DNS_TYPE_A, 0},
        {"not two", "a.", "10.0.0.1", "x.y.one.z.t.", DNS_TYPE_A, 0},
        {"a star in the middle", "a.", "10.0.0.1", "x.y.two.z.t.", DNS_TYPE_TXT, 2},
        {"beside the star another", "a.", "10.0.0.1", "y.y.two.z.t.", DNS_TYPE_TXT, 0},
        {"another type, a later rule", "a.", "10.0.0.1", "x.one.z.t.", DNS_TYPE_AAAA, 5},
        {"no rule of this type", "a.", "10.0.0.1", "x.one.z.t.", DNS_TYPE_MX, 0},
        {"all types of a name need any", "a.", "10.0.0.1", "x.one.z.t.", DNS_TYPE_ANY, 0},
        {"any owner", "a.", "10.0.0.1", "z.t.", DNS_TYPE_AAAA, 5},
        {"any owner, ours", "a.", NULL, "a.b.z.t.", DNS_TYPE_CLOAD, 5},
        {"the apex from the network", "b.", "192.0.2.200", "z.t.", DNS_TYPE_A, 3},
        {"the apex from elsewhere", "b.", "192.0.2.127", "z.t.", DNS_TYPE_A, 0},
        {"IPv6 network", "b.", "2001:db8:7fff::1", "z.t.", DNS_TYPE_A, 3},
        {"beside the IPv6 network", "b.", "2001:db8:8000::1", "z.t.", DNS_TYPE_A, 0},
        {"a network is not a unix socket's", "b.", NULL, "z.t.", DNS_TYPE_A, 0},
        {"below the apex", "b.", "192.0.2.200", "x.z.t.", DNS_TYPE_A, 0},
        {"not signed", NULL, "192.0.2.200", "z.t.", DNS_TYPE_A, 0},
        {"a rule without key, not signed", NULL, "127.9.9.9", "open.z.t.", DNS_TYPE_TXT, 4},
        {"a rule without key, signed", "b.", "127.0.0.1", "open.z.t.", DNS_TYPE_TXT, 4},
        {"loopback of IPv4 is none of IPv6", NULL, "::1", "open.z.t.", DNS_TYPE_TXT, 0},
        {"another name", NULL, "127.0.0.1", "opens.z.t.", DNS_TYPE_TXT, 0},
        {"another key", "b.", "10.0.0.1", "pcl.z.t.", DNS_TYPE_A, 0},
        {"an unknown key", "x.", "10.0.0.1", "pcl.z.t.", DNS_TYPE_A, 0},
        {"letters of the pattern do not count", "c.d.", "10.0.0.1", "upper.case.z.t.", DNS_TYPE_A,
         6},
        {"any depth before two labels", "c.d.", "10.0.0.1", "x.y.a.b.z.t.", DNS_TYPE_A, 6},
        {"any depth before two labels: none", "c.d.", "10.0.0.1", "a.b.z.t.", DNS_TYPE_A, 6},
        {"one of two labels", "c.d.", "10.0.0.1", "c.b.z.t.", DNS_TYPE_A, 0},
        {"a lone star", "c.d.", "10.0.0.1", "anything.z.t.", DNS_TYPE_A, 6},
        {"a lone star is not the apex", "c.d.", "10.0.0.1", "z.t.", DNS_TYPE_A, 0},
    };
    struct policy *policy = policy_create(&conf->zones.items[0]);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query_peer peer = peer_of(rows[i].address);
        struct policy_who who = {.peer = &peer,
                                 .key = rows[i].key ? zones_name(rows[i].key) : NULL};
        struct policy_what what = {zones_name("z.t."), zones_name(rows[i].owner), rows[i].type};
        unsigned rule = policy_find_update(policy, &who, &what);
        if (rule != rows[i].rule) {
            fail_msg("%s: rule %u, expected %u", rows[i].label, rule, rows[i].rule);
        }
        assert_true(policy_may_update(policy, &who) || rule == 0);
        const char *why = ""; /* each rule before it says why not */
        for (unsigned j = 1; (why = policy_explain_update(policy, j, &who, &what)) && *why; j++) {
            assert_true(rule == 0 || j < rule);
        }
        assert_true(rule > 0 ? why != NULL : why == NULL);
    }
    policy_destroy(policy);
}

static void a_rule_says_what_keeps_it_from_a_change(void **state)
{
    (void)state;
    static const struct {
        unsigned rule;
        const char *key, *address, *owner;
        uint16_t type;
        const char *why;
    } rows[] = {
        {3, NULL, "10.0.0.1", "x.z.t.", DNS_TYPE_MX, "key"},
        {3, "a.", "192.0.2.200", "z.t.", DNS_TYPE_A, "key"},
        {3, "b.", "10.0.0.1", "x.z.t.", DNS_TYPE_MX, "source"},
        {3, "b.", "192.0.2.200", "x.z.t.", DNS_TYPE_MX, "type"},
        {3, "b.", "192.0.2.200", "x.z.t.", DNS_TYPE_A, "owner"},
        {3, "b.", "192.0.2.200", "z.t.", DNS_TYPE_A, ""},
        {7, "a.", "10.0.0.1", "pcl.z.t.", DNS_TYPE_A, ""}, /* rule 1 permits it, too */
        {8, "a.", "10.0.0.1", "pcl.z.t.", DNS_TYPE_A, NULL},
        {0, "a.", "10.0.0.1", "pcl.z.t.", DNS_TYPE_A, NULL},
    };
    struct policy *policy = policy_create(&conf->zones.items[0]);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query_peer peer = peer_of(rows[i].address);
        struct policy_who who = {.peer = &peer,
                                 .key = rows[i].key ? zones_name(rows[i].key) : NULL};
        struct policy_what what = {zones_name("z.t."), zones_name(rows[i].owner), rows[i].type};
        const char *why = policy_explain_update(policy, rows[i].rule, &who, &what);
        assert_int_equal(why == NULL, rows[i].why == NULL);
        assert_string_equal(why ? why : "", rows[i].why ? rows[i].why : "");
        assert_null(policy_explain_update(NULL, 1, &who, &what));
    }
    policy_destroy(policy);
}

static void a_peer_without_any_rule_is_known_before_its_records_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *label, *key, *address;
        bool update, transfer;
    } rows[] = {
        {"a key", "a.", "10.0.0.1", true, true},
        {"the key by a unix socket", "a.", NULL, true, true},
        {"key and network", "b.", "192.0.2.200", true, true},
        {"network for transfers alone", NULL, "192.0.2.1", false, true},
        {"IPv6 network", NULL, "2001:db8::1", false, true},
        {"key with the network of its transfer", "b.", "198.51.100.1", false, true},
        {"its neighbour", "b.", "198.51.100.2", false, false},
        {"the network without its key", NULL, "198.51.100.1", false, false},
        {"a program of this machine", NULL, "127.0.0.1", true, false},
        {"key from another network", "b.", "2001:db9::1", false, false},
        {"an unknown key", "x.", "2001:db9::1", false, false},
        {"nobody", NULL, NULL, false, false},
    };
    struct policy *policy = policy_create(&conf->zones.items[0]);
    struct policy *none = policy_create(&conf->zones.items[1]);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query_peer peer = peer_of(rows[i].address);
        struct policy_who who = {.peer = &peer,
                                 .key = rows[i].key ? zones_name(rows[i].key) : NULL};
        if (policy_may_update(policy, &who) != rows[i].update ||
            policy_may_transfer(policy, &who) != rows[i].transfer) {
            fail_msg("%s", rows[i].label);
        }
        assert_false(policy_may_update(none, &who) || policy_may_transfer(none, &who));
        assert_false(policy_may_update(NULL, &who) || policy_may_transfer(NULL, &who));
    }
    struct query_peer peer = peer_of(NULL);
    struct policy_who who = {.peer = &peer, .key = zones_name("a.")};
    struct policy_what what = {zones_name("none.t."), zones_name("none.t."), DNS_TYPE_AAAA};
    assert_int_equal(policy_find_update(none, &who, &what), 0);
    assert_int_equal(policy_find_update(NULL, &who, &what), 0);
    policy_destroy(none);
    policy_destroy(policy);
    policy_destroy(NULL);
}

/* Threats row 5: every transport against every rule, by key and without. */
static void a_rule_for_one_transport_is_for_no_other(void **state)
{
    (void)state;
    static const enum query_transport all[] = {QUERY_UDP, QUERY_TCP, QUERY_TLS, QUERY_UNIX};
    uint8_t key[] = "\1k";
    uint16_t type = DNS_TYPE_A;
    const char *owner = "**";
    struct server_conf_prefix loopback = {.family = 4, .bits = 8, .address = {127}};
    for (unsigned set = 0; set < 16; set++) {
        enum query_transport wanted[4];
        size_t count = 0;
        for (unsigned i = 0; i < COUNT(all); i++) {
            if (set & 1u << i) {
                wanted[count++] = all[i];
            }
        }
        for (unsigned signing = 0; signing < 2; signing++) {
            for (unsigned sourced = 0; sourced < 2; sourced++) {
                struct server_conf_update rule = {
                    .key = signing ? key : NULL,
                    .owner = {&owner, 1},
                    .types = {&type, 1},
                    .transport = {wanted, count},
                    .source = {&loopback, sourced},
                };
                struct server_conf_zone zone = {.update = {&rule, 1}};
                struct policy *policy = policy_create(&zone);
                for (unsigned i = 0; i < 2 * COUNT(all); i++) {
                    bool is_near = i < COUNT(all), is_unix = all[i % 4] == QUERY_UNIX;
                    struct query_peer peer = {.transport = all[i % 4], .family = is_unix ? 0 : 4};
                    peer.address[0] = is_unix ? 0 : is_near ? 127 : 10;
                    struct policy_who by_key = {.peer = &peer, .key = key},
                                      by_none = {.peer = &peer, .key = NULL};
                    struct policy_what what = {zones_name("z.t."), zones_name("x.z.t."), type};
                    bool fits =
                        (set == 0 || (set & 1u << i % 4)) && (!sourced || (is_near && !is_unix));
                    bool local = is_near || is_unix;
                    bool keyed = signing ? fits : fits && local;
                    assert_int_equal(policy_find_update(policy, &by_key, &what), keyed);
                    assert_int_equal(policy_may_update(policy, &by_key), keyed);
                    bool open = !signing && fits && local;
                    assert_int_equal(policy_find_update(policy, &by_none, &what), open);
                    assert_int_equal(policy_may_update(policy, &by_none), open);
                    const char *why = policy_explain_update(policy, 1, &by_none, &what);
                    assert_int_equal(*why == '\0', open);
                }
                policy_destroy(policy);
            }
        }
    }
}

static void what_is_local_has_no_way_from_another_machine(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool local;
    } rows[] = {
        {NULL, true},
        {"127.0.0.1", true},
        {"127.255.255.255", true},
        {"128.0.0.1", false},
        {"126.255.255.255", false},
        {"::1", true},
        {"::", false},
        {"::2", false},
        {"7f00::1", false},
        {"::ffff:127.0.0.1", false},
        {"10.0.0.1", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query_peer peer = peer_of(rows[i].address);
        assert_int_equal(policy_is_local(&peer), rows[i].local);
    }
}

static void by_sig0_nobody_leaves_its_own_name(void **state)
{
    (void)state;
    static const char signed_text[] =
        "store: {path: store}\n"
        "keys: [{name: a, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]\n"
        "zones:\n"
        "  - name: t\n"
        "    srp: on\n"
        "    srp_source: 10.0.0.0/8\n"
        "    update:\n"
        "      - {sig0: on, owner: \"*\", types: [A]}\n"
        "      - {sig0: on, source: 10.0.0.0/8, owner: \"**\", types: [TXT]}\n"
        "      - {key: a, owner: \"**\", types: [any]}\n"
        "      - {source: 127.0.0.1, owner: open, types: [any]}\n"
        "  - {name: u, srp: on}\n"
        "  - {name: v}\n";
    static const struct {
        const char *label, *key, *sig0, *address, *owner;
        uint16_t type;
        unsigned rule;
        bool registers;
    } rows[] = {
        {"its own name", NULL, "lumi.t.", "192.0.2.1", "lumi.t.", DNS_TYPE_A, 1, false},
        {"another's", NULL, "lumi.t.", "192.0.2.1", "dardel.t.", DNS_TYPE_A, 0, false},
        {"a name that ends like it", NULL, "lumi.t.", "192.0.2.1", "xlumi.t.", DNS_TYPE_A, 0,
         false},
        {"above it", NULL, "lumi.t.", "10.1.1.1", "t.", DNS_TYPE_TXT, 0, true},
        {"below it, from the network", NULL, "lumi.t.", "10.1.1.1", "a.b.lumi.t.", DNS_TYPE_TXT, 2,
         true},
        {"below it, from elsewhere", NULL, "lumi.t.", "192.0.2.1", "a.lumi.t.", DNS_TYPE_TXT, 0,
         false},
        {"the pattern holds, too", NULL, "t.", "192.0.2.1", "a.lumi.t.", DNS_TYPE_A, 0, false},
        {"the apex signs", NULL, "t.", "192.0.2.1", "lumi.t.", DNS_TYPE_A, 1, false},
        {"not by a key's rule", NULL, "a.", "192.0.2.1", "lumi.t.", DNS_TYPE_MX, 0, false},
        {"a key does not sign by SIG(0)", "a.", NULL, "192.0.2.1", "lumi.t.", DNS_TYPE_A, 3, false},
        {"nobody signs", NULL, NULL, "192.0.2.1", "lumi.t.", DNS_TYPE_A, 0, false},
        {"a rule for everybody here", NULL, "lumi.t.", "127.0.0.1", "open.t.", DNS_TYPE_MX, 4,
         false},
    };
    struct server_conf *parsed = NULL;
    assert_int_equal(server_conf_parse("/x.yaml", signed_text, strlen(signed_text), &parsed, NULL),
                     0);
    struct policy *policy = policy_create(&parsed->zones.items[0]);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query_peer peer = peer_of(rows[i].address);
        struct policy_who who = {.peer = &peer,
                                 .key = rows[i].key ? zones_name(rows[i].key) : NULL,
                                 .sig0 = rows[i].sig0 ? zones_name(rows[i].sig0) : NULL};
        struct policy_what what = {zones_name("t."), zones_name(rows[i].owner), rows[i].type};
        unsigned rule = policy_find_update(policy, &who, &what);
        if (rule != rows[i].rule || policy_may_register(policy, &who) != rows[i].registers) {
            fail_msg("%s: rule %u", rows[i].label, rule);
        }
        assert_true(policy_may_update(policy, &who) || rule == 0);
    }
    struct query_peer peer = peer_of("192.0.2.1");
    struct policy_who who = {.peer = &peer};
    struct policy_what what = {zones_name("t."), zones_name("x.t."), DNS_TYPE_A};
    assert_string_equal(policy_explain_update(policy, 1, &who, &what), "sig0");
    policy_destroy(policy);
    policy = policy_create(&parsed->zones.items[1]);
    assert_true(policy_may_register(policy, &who)); /* from anywhere */
    policy_destroy(policy);
    policy = policy_create(&parsed->zones.items[2]);
    assert_false(policy_may_register(policy, &who) || policy_may_register(NULL, &who));
    policy_destroy(policy);
    server_conf_free(parsed);
}

static bool bit_of(const uint8_t *address, unsigned number)
{
    return address[number / 8] & 0x80u >> number % 8;
}

/* Every length of prefix against addresses that leave it at every bit. */
static void a_network_is_its_leading_bits(void **state)
{
    (void)state;
    struct rand_fake rand;
    rand_fake_init(&rand, 1);
    for (unsigned size = 32; size <= 128; size += 96) {
        for (unsigned bits = 0; bits <= size; bits++) {
            struct server_conf_prefix prefix = {.family = size == 32 ? 4 : 6,
                                                .bits = (uint8_t)bits};
            rand.rand.fill(&rand.rand, prefix.address, bits / 8);
            struct server_conf_transfer rule = {.source = {&prefix, 1}};
            struct server_conf_zone zone = {.transfer = {&rule, 1}};
            struct policy *policy = policy_create(&zone);
            for (unsigned flip = 0; flip <= size; flip++) {
                struct query_peer peer = {.family = prefix.family};
                memcpy(peer.address, prefix.address, size / 8);
                if (flip < size) {
                    peer.address[flip / 8] ^= (uint8_t)(0x80u >> flip % 8);
                    assert_true(bit_of(peer.address, flip) != bit_of(prefix.address, flip));
                }
                struct policy_who who = {.peer = &peer, .key = NULL};
                assert_int_equal(policy_may_transfer(policy, &who), flip >= bits);
                peer.family = peer.family == 4 ? 6 : 4;
                assert_false(policy_may_transfer(policy, &who));
            }
            policy_destroy(policy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_fits_decides),
        cmocka_unit_test(a_rule_says_what_keeps_it_from_a_change),
        cmocka_unit_test(a_peer_without_any_rule_is_known_before_its_records_are_read),
        cmocka_unit_test(a_rule_for_one_transport_is_for_no_other),
        cmocka_unit_test(what_is_local_has_no_way_from_another_machine),
        cmocka_unit_test(by_sig0_nobody_leaves_its_own_name),
        cmocka_unit_test(a_network_is_its_leading_bits),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
