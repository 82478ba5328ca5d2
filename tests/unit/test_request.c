#include "server/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/rcu.h"
#include "tests/lib/kept.h"
#include "tests/lib/transfers.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_edns.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_tsig.h"
#include "zones/dns_type.h"

enum { ID = 0x4321 };

static uint8_t message[TRANSFERS_MAX];

/* Written for a type, read by our own reader. */
static void a_request_says_what_is_wanted(void **state)
{
    static const uint16_t types[] = {DNS_TYPE_SOA, DNS_TYPE_AXFR, DNS_TYPE_IXFR};
    (void)state;
    rcu_enter();
    struct zone *zone = zones_make("t.", "@ SOA m r 77 1 1 1 1\n");
    for (unsigned i = 0; i < 3; i++) {
        struct request_what what = {zones_name("t."), types[i], zone, ID};
        struct wr wr = wr_make(message, REQUEST_MAX);
        struct dns_message read;
        struct dns_question question;
        struct dns_edns_asked asked;
        struct dns_rr rr;
        unsigned soas = 0;
        assert_int_equal(request_write(&what, NULL, NULL, NULL, 0, &wr), 0);
        assert_int_equal(dns_read_message(&read, message, wr_len(&wr)), 0);
        assert_int_equal(read.header.id, ID);
        assert_int_equal(read.header.flags, 0);
        assert_true(dns_read_message_question(&read, &question));
        assert_int_equal(question.type, types[i]);
        assert_true(dns_name_equal(question.name, zones_name("t.")));
        while (dns_read_message_next(&read, &rr)) {
            soas += rr.type == DNS_TYPE_SOA && read.section == DNS_SECTION_AUTHORITY;
        }
        assert_int_equal(read.rd.err, 0);
        assert_int_equal(soas, types[i] == DNS_TYPE_IXFR); /* RFC 1995 3 */
        assert_int_equal(dns_edns_scan(&read.edns, &asked), 0);
        assert_true(asked.expire);
        assert_int_equal(request_find_tsig(message, wr_len(&wr)), 0);
    }
    zone_unref(zone);
    zones_settle();
    rcu_leave();
}

static void a_key_signs_it(void **state)
{
    (void)state;
    struct kept kept;
    const struct dns_tsig_key *key = NULL;
    struct dns_tsig_client client;
    struct dns_tsig tsig;
    kept_start(&kept);
    kept_apply(&kept, " []");
    const struct rules *rules = rcu_read(kept.world.now)->rules;
    struct mac *mac = mac_create(4);
    struct wr wr = wr_make(message, REQUEST_MAX);
    struct request_what what = {zones_name("t."), DNS_TYPE_SOA, NULL, ID};
    assert_int_equal(request_key(rules, NULL, &key), 0);
    assert_null(key);
    assert_int_equal(request_key(rules, zones_name("k9."), &key), ERR_MISSING);
    assert_int_equal(request_key(rules, zones_name("K1."), &key), 0);
    assert_int_equal(request_write(&what, key, &client, mac, KEPT_NOW_S, &wr), 0);
    size_t at = request_find_tsig(message, wr_len(&wr));
    assert_true(at > 0);
    assert_int_equal(
        dns_tsig_verify(&tsig, mac, rules_ring(rules), message, wr_len(&wr), at, KEPT_NOW_S),
        DNS_TSIG_GOOD);
    for (size_t len = 0; len < wr_len(&wr); len++) { /* cut anywhere it has none */
        assert_int_equal(request_find_tsig(message, len), 0);
    }
    mac_destroy(mac);
    kept_finish(&kept);
}

static void answers_for_the_serial_are_read(void **state)
{
    static const struct {
        const char *label, *text;
        size_t at;
        uint8_t octet; /* at a place of the message, 0: as it is */
        int err;
        bool has_soa;
        uint16_t rcode;
    } rows[] = {
        {"a good one", "@ SOA m r 77 1 1 1 1\n", 0, 0, 0, true, 0},
        {"no record", "", 0, 0, 0, false, 0},
        {"an alias and no SOA", "@ NS x\n", 0, 0, 0, false, 0},
        {"a SOA of another zone", "u. SOA m r 77 1 1 1 1\n", 0, 0, 0, false, 0},
        {"not authoritative", "@ SOA m r 77 1 1 1 1\n", 2, 0x80, 0, false, 0},
        {"refused", "", 3, 5, 0, false, 5},
        {"another opcode", "@ SOA m r 77 1 1 1 1\n", 2, 0xa4, ERR_VALUE, false, 0},
        {"another question", "@ SOA m r 77 1 1 1 1\n", 13, 'u', ERR_VALUE, false, 0},
        {"another type", "@ SOA m r 77 1 1 1 1\n", 16, 1, ERR_VALUE, false, 0},
        {"an octet too much", "@ SOA m r 77 1 1 1 1\n", 7, 0, ERR_TRAILING, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct request_soa soa;
        size_t len = transfers_write("t.", DNS_TYPE_SOA, rows[i].text, message);
        print_message("%s\n", rows[i].label);
        if (rows[i].at > 0) {
            message[rows[i].at] = rows[i].octet;
        }
        assert_int_equal(request_read_soa(zones_name("t."), message, len, &soa), rows[i].err);
        if (!rows[i].err) {
            assert_int_equal(soa.has_soa, rows[i].has_soa);
            assert_int_equal(soa.serial, rows[i].has_soa ? 77 : 0);
            assert_int_equal(soa.rcode, rows[i].rcode);
        }
    }
}

static void a_signature_that_is_missed_is_explained(void **state)
{
    (void)state;
    struct dns_tsig_client client = {.error = 0};
    assert_string_equal(request_tsig_text(&client), "the answer is not signed");
    client.error = DNS_RCODE_BADKEY;
    assert_string_equal(request_tsig_text(&client), "the primary says BADKEY");
    client.error = DNS_RCODE_BADTIME;
    assert_string_equal(request_tsig_text(&client), "the primary says BADTIME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_says_what_is_wanted),
        cmocka_unit_test(a_key_signs_it),
        cmocka_unit_test(answers_for_the_serial_are_read),
        cmocka_unit_test(a_signature_that_is_missed_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
