#include "server/query_secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/kept.h"
#include "tests/lib/updates.h"
#include "tests/lib/zones.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

static struct kept kept;
static uint8_t message[UPDATES_MAX];
static struct query query;
static struct query_peer peer;

static int enter(void **state)
{
    *state = &kept;
    kept_start(&kept);
    kept_apply(&kept, "\n  - {name: t, primary: ['192.0.2.1:53', '192.0.2.2:53']}"
                      "\n  - {name: k, primary: ['192.0.2.1:53'], primary_key: k1}"
                      "\n  - {name: off, primary: ['192.0.2.1:53'], forward_updates: off}");
    return 0;
}

/* A message as the decoder hands it on. */
static void begin(const char *zone, const uint8_t *octets, size_t len)
{
    peer = (struct query_peer){QUERY_UDP, 4, 5353, {192, 0, 2, 2}};
    query = (struct query){.peer = &peer,
                           .world = rcu_read(kept.world.now),
                           .stat = stat_registry_add(kept.registry),
                           .message = octets,
                           .len = len,
                           .dns_class = DNS_CLASS_IN,
                           .has_question = true,
                           .takes_notifies = true,
                           .ede = DNS_EDE_NONE};
    memcpy(query.name, zones_name(zone), dns_name_len(zones_name(zone)));
}

static void begin_update(const char *zone, const char *text)
{
    begin(zone, message, updates_write(zone, text, message));
}

static void updates_of_secondary_zones_are_found(void **state)
{
    (void)state;
    begin_update("t.", "! a.t. 60 IN A 192.0.2.1\n");
    assert_non_null(query_secondary_find(&query));
    begin_update("u.", "! a.u. 60 IN A 192.0.2.1\n");
    assert_null(query_secondary_find(&query));
    begin_update("t.", "");
    query.dns_class = DNS_CLASS_CH;
    assert_null(query_secondary_find(&query));
    begin_update("t.", "");
    query.takes_notifies = false; /* nobody would pass it on */
    assert_null(query_secondary_find(&query));
}

static void only_signed_updates_are_passed_on(void **state)
{
    static const struct {
        const char *label, *zone, *text;
        bool has_tsig;
        enum query_verdict verdict;
        bool has_sig0;
    } rows[] = {
        {"TSIG", "t.", "! a 60 IN A 192.0.2.1\n", true, QUERY_FORWARD, false},
        {"unsigned", "t.", "! a 60 IN A 192.0.2.1\n", false, QUERY_ERROR, false},
        {"SIG(0)", "t.", "! a 60 IN A 192.0.2.1\n", false, QUERY_FORWARD, true},
        {"switched off", "off.", "! a 60 IN A 192.0.2.1\n", true, QUERY_ERROR, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].label);
        begin_update(rows[i].zone, rows[i].text);
        query.tsig_at = rows[i].has_tsig ? 12 : 0;
        query.sig0_at = rows[i].has_sig0 ? 12 : 0;
        query.secondary = query_secondary_find(&query);
        assert_non_null(query.secondary);
        assert_int_equal(query.tsig_at, 0); /* answers of ours are not signed */
        assert_int_equal(query_secondary_update(&query), rows[i].verdict);
        assert_int_equal(query.rcode,
                         rows[i].verdict == QUERY_ERROR ? DNS_RCODE_REFUSED : DNS_RCODE_NOERROR);
        assert_int_equal(query.ede_text[0] != 0, rows[i].verdict == QUERY_ERROR);
    }
}

static void begin_notify(const char *zone, const char *soa_serial)
{
    static struct dns_write writer;
    size_t len;
    dns_write_begin(&writer, message, sizeof(message), 1, DNS_OPCODE_NOTIFY << 11 | DNS_FLAG_AA);
    dns_write_question(&writer, zones_name(zone), DNS_TYPE_SOA, DNS_CLASS_IN);
    if (soa_serial) {
        uint8_t rdata[] = "\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0";
        rdata[5] = (uint8_t)soa_serial[0];
        dns_write_rr(&writer, DNS_SECTION_ANSWER, zones_name(zone), DNS_TYPE_SOA, DNS_CLASS_IN, 60,
                     rdata, sizeof(rdata));
    }
    assert_int_equal(dns_write_end(&writer, &len), 0);
    begin(zone, message, len);
}

static void a_notify_counts_when_it_is_a_primarys(void **state)
{
    static const struct {
        const char *label, *zone;
        uint8_t last; /* octet of the sender's address */
        const char *signer;
        unsigned rcode;
    } rows[] = {
        {"of a primary", "t.", 2, NULL, DNS_RCODE_NOERROR},
        {"of somebody else", "t.", 3, NULL, DNS_RCODE_REFUSED},
        {"of no zone of ours", "u.", 2, NULL, DNS_RCODE_NOTAUTH},
        {"of a name below", "a.t.", 2, NULL, DNS_RCODE_NOTAUTH},
        {"without the key", "k.", 1, NULL, DNS_RCODE_REFUSED},
        {"with the key", "k.", 1, "k1.", DNS_RCODE_NOERROR},
        {"with the key from elsewhere", "k.", 2, "k1.", DNS_RCODE_REFUSED},
    };
    (void)state;
    const struct dns_tsig_ring *ring = rules_ring(rcu_read(kept.world.now)->rules);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool good = rows[i].rcode == DNS_RCODE_NOERROR;
        print_message("%s\n", rows[i].label);
        begin_notify(rows[i].zone, NULL);
        peer.address[3] = rows[i].last;
        query.tsig_at = rows[i].signer ? 12 : 0;
        query.tsig.key =
            rows[i].signer ? dns_tsig_ring_find(ring, zones_name(rows[i].signer)) : NULL;
        assert_int_equal(query_secondary_notify(&query), good ? QUERY_NOTIFY : QUERY_ERROR);
        assert_int_equal(query.rcode, rows[i].rcode);
        assert_int_equal(query.aa, good); /* RFC 1996 3.12 */
        assert_int_equal(query.stat->counters[STAT_notify_in_taken], good);
        assert_int_equal(query.stat->counters[STAT_notify_in_refused], !good);
    }
}

static void a_serial_that_we_have_is_no_news(void **state)
{
    (void)state;
    struct zone *zone = zones_make("t.", "@ SOA m r 5 1 1 1 1\n");
    struct secondary_state *zone_state = kept_secondary(&kept, "t.")->state;
    begin_notify("t.", "\1");
    assert_int_equal(query_secondary_notify(&query), QUERY_NOTIFY);
    assert_true(query_secondary_is_news(&query)); /* we have nothing */
    secondary_take_zone(zone_state, zone);
    static const struct {
        const char *serial;
        bool is_news;
        bool is_expired;
    } rows[] = {{NULL, true, false}, {"\4", false, false}, {"\5", false, false},
                {"\6", true, false}, {"\5", true, true},   {"\6", true, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        secondary_serve(zone_state, !rows[i].is_expired);
        begin_notify("t.", rows[i].serial);
        assert_int_equal(query_secondary_notify(&query), QUERY_NOTIFY);
        assert_int_equal(query_secondary_is_news(&query), rows[i].is_news);
    }
    zone_unref(zone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, kept_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(updates_of_secondary_zones_are_found),
        TEST(only_signed_updates_are_passed_on),
        TEST(a_notify_counts_when_it_is_a_primarys),
        TEST(a_serial_that_we_have_is_no_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
