#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "tests/lib/guard.h"
#include "tests/lib/tsig.h"
#include "zones/dns_code.h"
#include "zones/dns_tsig_rr.h"

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define OCTETS(text)    text, sizeof(text) - 1
#define HEADER(arcount) "\22\64\0\0\0\0\0\0\0\0\0" arcount
#define START           "\1k\0\0\372\0\377\0\0\0\0" /* up to RDLENGTH */
#define ALGORITHM       "\13hmac-sha256\0"
#define TIMES           "\0\0e\123\361\0\1\54"
#define TAIL            "\22\64\0\0\0\0"

static void records_are_read_by_their_rules(void **state)
{
    (void)state;
    static const struct {
        const char *label, *data;
        size_t len;
        size_t at;
        int err;
    } rows[] = {
        {"no MAC, no other data", OCTETS(HEADER("\1") START "\0\35" ALGORITHM TIMES "\0\0" TAIL),
         12, 0},
        {"MAC and other data",
         OCTETS(HEADER("\1") START "\0\43" ALGORITHM TIMES "\0\3abc\22\64\0\22\0\3xyz"), 12, 0},
        {"name compressed",
         OCTETS(HEADER("\1") "\1k\0\300\14\0\372\0\377\0\0\0\0\0\35" ALGORITHM TIMES "\0\0" TAIL),
         15, 0},
        {"the algorithm is the root", OCTETS(HEADER("\1") START "\0\21\0" TIMES "\0\0" TAIL), 12,
         0},

        {"no record counted", OCTETS(HEADER("\0") START "\0\35" ALGORITHM TIMES "\0\0" TAIL), 12,
         ERR_TYPE},
        {"other type",
         OCTETS(HEADER("\1") "\1k\0\0\371\0\377\0\0\0\0\0\35" ALGORITHM TIMES "\0\0" TAIL), 12,
         ERR_TYPE},
        {"class IN",
         OCTETS(HEADER("\1") "\1k\0\0\372\0\1\0\0\0\0\0\35" ALGORITHM TIMES "\0\0" TAIL), 12,
         ERR_TYPE},
        {"TTL 1", OCTETS(HEADER("\1") "\1k\0\0\372\0\377\0\0\0\1\0\35" ALGORITHM TIMES "\0\0" TAIL),
         12, ERR_TYPE},
        {"an octet behind", OCTETS(HEADER("\1") START "\0\35" ALGORITHM TIMES "\0\0" TAIL "x"), 12,
         ERR_TRAILING},
        {"an octet behind, inside",
         OCTETS(HEADER("\1") START "\0\36" ALGORITHM TIMES "\0\0" TAIL "x"), 12, ERR_RDATA},
        {"RDATA shorter than it says",
         OCTETS(HEADER("\1") START "\0\34" ALGORITHM TIMES "\0\0\22\64\0\0\0"), 12, ERR_RDATA},
        {"RDATA past the end", OCTETS(HEADER("\1") START "\0\36" ALGORITHM TIMES "\0\0" TAIL), 12,
         ERR_SHORT},
        {"no RDATA", OCTETS(HEADER("\1") START "\0\0"), 12, ERR_RDATA},
        {"algorithm compressed", OCTETS(HEADER("\1") START "\0\22\300\14" TIMES "\0\0" TAIL), 12,
         ERR_RDATA},
        {"algorithm runs out of the RDATA", OCTETS(HEADER("\1") START "\0\4\13hma"), 12, ERR_RDATA},
        {"algorithm with a bad label", OCTETS(HEADER("\1") START "\0\24\100ab\0" TIMES "\0\0" TAIL),
         12, ERR_RDATA},
        {"MAC longer than the RDATA",
         OCTETS(HEADER("\1") START "\0\35" ALGORITHM TIMES "\0\7" TAIL), 12, ERR_RDATA},
        {"MAC of 65535", OCTETS(HEADER("\1") START "\0\35" ALGORITHM TIMES "\377\377" TAIL), 12,
         ERR_RDATA},
        {"other data longer than the RDATA",
         OCTETS(HEADER("\1") START "\0\35" ALGORITHM TIMES "\0\0\22\64\0\0\0\1"), 12, ERR_RDATA},
        {"name is bad",
         OCTETS(HEADER("\1") "\100k\0\0\372\0\377\0\0\0\0\0\35" ALGORITHM TIMES "\0\0" TAIL), 12,
         ERR_LABEL},
        {"name points at itself",
         OCTETS(HEADER("\1") "\300\14\0\372\0\377\0\0\0\0\0\35" ALGORITHM TIMES "\0\0" TAIL), 12,
         ERR_POINTER},
        {"in the header", OCTETS(HEADER("\1") START "\0\35" ALGORITHM TIMES "\0\0" TAIL), 11,
         ERR_SHORT},
        {"at the end", OCTETS(HEADER("\1")), 12, ERR_SHORT},
        {"behind the end", OCTETS(HEADER("\1")), 13, ERR_SHORT},
        {"no header", OCTETS("\22\64"), 12, ERR_SHORT},
        {"nothing", OCTETS(""), 12, ERR_SHORT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        const uint8_t *data = guard_copy(rows[i].data, rows[i].len);
        struct dns_tsig_rr rr;
        assert_int_equal(dns_tsig_rr_read(data, rows[i].len, rows[i].at, &rr), rows[i].err);
        guard_free(data);
        for (size_t cut = 0; !rows[i].err && cut < rows[i].len; cut++) {
            data = guard_copy(rows[i].data, cut);
            assert_int_not_equal(dns_tsig_rr_read(data, cut, rows[i].at, &rr), 0);
            guard_free(data);
        }
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct dns_tsig_ring *ring = tsig_ring_create();
    const struct dns_tsig_key *key = tsig_key(ring, "hmac-sha512-key.");
    static const uint8_t octets[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    struct dns_tsig_rr rr = tsig_rr(key), back;
    rr.time_s = 0xfedcba987654u;
    rr.fudge_s = 0xfffe;
    rr.mac = octets;
    rr.error = DNS_RCODE_BADTIME;
    rr.other = octets;
    rr.other_len = 6;
    struct tsig_message message;
    tsig_query(&message);
    const size_t at = message.len;
    struct wr wr = wr_make(message.octets, sizeof(message.octets));
    wr.pos += at;
    assert_int_equal(dns_tsig_rr_write(&wr, &rr), 0);
    assert_int_equal(wr_len(&wr), at + dns_tsig_rr_reserve(key) + 6);
    assert_int_equal(tsig_find(message.octets, wr_len(&wr)), at); /* and it is counted */
    const uint8_t *copy = guard_copy(message.octets, wr_len(&wr));
    assert_int_equal(dns_tsig_rr_read(copy, wr_len(&wr), at, &back), 0);
    assert_int_equal(back.name_len, key->name_len);
    assert_memory_equal(back.name, dns_tsig_key_name(key), key->name_len);
    assert_int_equal(back.algorithm_len, key->algorithm_len);
    assert_memory_equal(back.algorithm, dns_tsig_key_algorithm(key), key->algorithm_len);
    assert_true(back.time_s == rr.time_s);
    assert_int_equal(back.fudge_s, rr.fudge_s);
    assert_int_equal(back.mac_len, 64);
    assert_memory_equal(back.mac, octets, 64);
    assert_int_equal(back.original_id, 0x1234);
    assert_int_equal(back.error, DNS_RCODE_BADTIME);
    assert_int_equal(back.other_len, 6);
    assert_memory_equal(back.other, octets, 6);
    guard_free(copy);
    dns_tsig_ring_destroy(ring);
}

static void a_mac_that_cannot_be_computed_is_a_failure(void **state)
{
    (void)state;
    struct dns_tsig_ring *ring = tsig_ring_create();
    const struct dns_tsig_key *key = tsig_key(ring, "hmac-sha256-key.");
    struct mac *mac = mac_create(1);
    struct dns_tsig_rr rr = tsig_rr(key);
    static const uint8_t octets[MAC_MAX];
    rr.mac = octets;
    /* none was begun */
    assert_int_equal(dns_tsig_rr_judge(mac, key, &rr, TSIG_NOW), DNS_TSIG_FAILED);
    uint8_t out[MAC_MAX], out_len = 77;
    struct tsig_message message;
    tsig_query(&message);
    struct wr wr = wr_make(message.octets, sizeof(message.octets));
    wr.pos += message.len;
    assert_int_equal(dns_tsig_rr_append(mac, key, &rr, &wr, out, &out_len), ERR_NOT_NOW);
    assert_int_equal(wr_len(&wr), message.len);
    assert_int_equal(out_len, 77);
    mac_destroy(mac);
    dns_tsig_ring_destroy(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_by_their_rules),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_mac_that_cannot_be_computed_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
