/* The messages in hex were made and signed by dnspython 2.3 (dns.message, dns.update, dns.tsig),
 * with its clock set to TSIG_NOW, one second later for answers, and the keys of tests/lib/tsig.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "tests/lib/fail.h"
#include "tests/lib/guard.h"
#include "tests/lib/text.h"
#include "tests/lib/tsig.h"
#include "zones/dns_code.h"
#include "zones/dns_tsig.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct dns_tsig_ring *ring;
static struct mac *mac;

static enum dns_tsig_verdict verify(const struct tsig_message *message, struct dns_tsig *out_tsig,
                                    uint64_t now_s)
{
    const uint8_t *copy = guard_copy(message->octets, message->len);
    const enum dns_tsig_verdict verdict =
        dns_tsig_verify(out_tsig, mac, ring, copy, message->len, message->at, now_s);
    assert_int_equal(out_tsig->verdict, verdict);
    out_tsig->message = message->octets;
    guard_free(copy);
    return verdict;
}

/* An answer of header and question, as the caller writes it. */
static void begin_answer(struct tsig_message *answer, unsigned rcode)
{
    tsig_query(answer);
    answer->octets[2] = 0x80;
    answer->octets[3] = (uint8_t)rcode;
}

static void sign(const struct dns_tsig *tsig, struct tsig_message *answer, uint64_t now_s)
{
    /* The room is exactly what was asked for. */
    struct wr wr = wr_make(answer->octets, answer->len + dns_tsig_reserve(tsig));
    wr.pos += answer->len;
    assert_int_equal(dns_tsig_sign(tsig, mac, now_s, &wr), 0);
    assert_ptr_equal(wr.pos, wr.end);
    answer->len = wr_len(&wr);
    answer->at = tsig_find(answer->octets, answer->len);
}

static void assert_message(const struct tsig_message *message, const char *hex)
{
    struct tsig_message wanted;
    tsig_from_hex(hex, &wanted);
    assert_int_equal(message->len, wanted.len);
    assert_memory_equal(message->octets, wanted.octets, wanted.len);
}

static void requests_are_verified_and_answers_signed_as_others_do(void **state)
{
    (void)state;
    static const struct {
        const char *algorithm, *request, *answer;
    } rows[] = {
        {"hmac-sha1",
         "123400000001000000000001067375616e7975047465737400000600010d686d61632d736861312d6b657900"
         "00fa00ff00000000002f09686d61632d736861310000006553f100012c0014390df76d66ad9050e593c582e7"
         "b4a5c93597e7aa123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c0d686d61632d736861312d6b657900"
         "00fa00ff00000000002f09686d61632d736861310000006553f101012c001448c915368c9e108b23ddb39a6a"
         "7968c3d0bea90a123400000000"},
        {"hmac-sha256",
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
         "790000fa00ff00000000003d0b686d61632d7368613235360000006553f100012c00201c8718f92a2fc5fb12"
         "747b8f608b2e2c7d1ee8e20db6856f6bfe33fcfc3e5c23123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c0f686d61632d7368613235362d6b65"
         "790000fa00ff00000000003d0b686d61632d7368613235360000006553f101012c002002adc96bbb53f6698b"
         "c3d532a5d686d341c8cb7c6f66259dd5b29a954946dece123400000000"},
        {"hmac-sha256-128",
         "123400000001000000000001067375616e79750474657374000006000113686d61632d7368613235362d3132"
         "382d6b65790000fa00ff0000000000310f686d61632d7368613235362d3132380000006553f100012c0010cc"
         "850643bb7d418dccede0df2c01de81123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c13686d61632d7368613235362d3132"
         "382d6b65790000fa00ff0000000000310f686d61632d7368613235362d3132380000006553f101012c00103d"
         "d932dc3e421e1fe61ce34a9e1a8827123400000000"},
        {"hmac-sha384",
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613338342d6b65"
         "790000fa00ff00000000004d0b686d61632d7368613338340000006553f100012c00309e3013e0bd0ce32196"
         "d86d949aa4b0372e1d934f1ac27d0bda3f252695a6a069459efcfe0bb1e24f133b77f44b45425d1234000000"
         "00",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c0f686d61632d7368613338342d6b65"
         "790000fa00ff00000000004d0b686d61632d7368613338340000006553f101012c00308553c88341999be141"
         "f6b3859280eb09e3edc27941608d498df24ef31e4d9e51d9c99e51b9665ea01b4fa971e10745d31234000000"
         "00"},
        {"hmac-sha384-192",
         "123400000001000000000001067375616e79750474657374000006000113686d61632d7368613338342d3139"
         "322d6b65790000fa00ff0000000000390f686d61632d7368613338342d3139320000006553f100012c001889"
         "72c2f416c2374f33317c00c28070499771a0d21dcbdec7123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c13686d61632d7368613338342d3139"
         "322d6b65790000fa00ff0000000000390f686d61632d7368613338342d3139320000006553f101012c001850"
         "93b76ea4f206b259f2a11eb632b5bfec144efb5f72f5a1123400000000"},
        {"hmac-sha512",
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613531322d6b65"
         "790000fa00ff00000000005d0b686d61632d7368613531320000006553f100012c00400e2c90e95b2e7f51eb"
         "23390a093e314db48be5503b577cab3bdc00b0c9eeec062cf1defe40f5c6100100a8f4f2d3463d01f6097649"
         "09abf0c56c6181215e9d13123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c0f686d61632d7368613531322d6b65"
         "790000fa00ff00000000005d0b686d61632d7368613531320000006553f101012c0040edb3cd6e5c9123b281"
         "ec005dd7a26cc477b1a380ee8d2561bd0e802d90af610c81c3825cda4f7751a3c40bd6935eb204aaf0184bf6"
         "a5e5d65f132a4841241eb0123400000000"},
        {"hmac-sha512-256",
         "123400000001000000000001067375616e79750474657374000006000113686d61632d7368613531322d3235"
         "362d6b65790000fa00ff0000000000410f686d61632d7368613531322d3235360000006553f100012c0020b8"
         "48d76f922d10f11191182ea09c2b38460f35eaaaacc7d638824ec30b71caf6123400000000",
         "123484000001000100000001067375616e797504746573740000060001c00c0006000100000e100020026e73"
         "c00c04686f7374c00c000000070000003c0000003c000002580000003c13686d61632d7368613531322d3235"
         "362d6b65790000fa00ff0000000000410f686d61632d7368613531322d3235360000006553f101012c002097"
         "37b80d109e4d9f7af90010e00302b75918a3e32033ab0bf22d23f2e092a18d123400000000"},
    };
    static const char unsigned_answer[] =
        "123484000001000100000000067375616e797504746573740000060001c00c0006000100000e100020026e73"
        "c00c04686f7374c00c000000070000003c0000003c000002580000003c";
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].algorithm);
        struct tsig_message message;
        struct dns_tsig tsig;
        tsig_from_hex(rows[i].request, &message);
        assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD);
        assert_string_equal(tsig.key->algorithm->text, rows[i].algorithm);
        assert_int_equal(tsig.mac_len, tsig.key->algorithm->octets);
        assert_int_equal(tsig.time_s, TSIG_NOW);
        assert_int_equal(tsig.fudge_s, 300);
        assert_int_equal(tsig.original_id, 0x1234);
        tsig_from_hex(unsigned_answer, &message);
        sign(&tsig, &message, TSIG_NOW + 1);
        assert_message(&message, rows[i].answer);
    }
}

static const char update[] =
    "beef28000001000100010001067375616e797504746573740000060001026e73c00c00ff00ff000000000000"
    "0161c00c000100010000003c0004c0000201034b6579c00c00fa00ff00000000003d0b686d61632d73686132"
    "35360000006553f100012c002011d53b631935edbb7714f83b51c2889302a300f4d1e7dab90d2f96c7e20ddf"
    "72beef00000000";

static void names_may_be_compressed_and_of_any_case(void **state)
{
    (void)state;
    struct tsig_message message;
    struct dns_tsig tsig;
    tsig_from_hex(update, &message);
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD);
    assert_ptr_equal(tsig.key, tsig_key(ring, "key.suanyu.test."));
    for (size_t i = message.at + 5; i < message.len; i++) {
        if (memcmp(message.octets + i, "hmac-sha256", 11) == 0) {
            memcpy(message.octets + i, "HMAC-Sha256", 11);
        }
    }
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD);
    struct tsig_message answer;
    begin_answer(&answer, DNS_RCODE_NOERROR);
    sign(&tsig, &answer, TSIG_NOW); /* names are longer than in the request: reserve knows */
}

static void an_id_that_a_forwarder_changed_is_no_matter(void **state)
{
    (void)state;
    static const char forwarded[] =
        "777700000001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
        "790000fa00ff00000000003d0b686d61632d7368613235360000006553f100012c00201c8718f92a2fc5fb12"
        "747b8f608b2e2c7d1ee8e20db6856f6bfe33fcfc3e5c23123400000000";
    struct tsig_message message;
    struct dns_tsig tsig;
    tsig_from_hex(forwarded, &message);
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD);
    assert_int_equal(tsig.original_id, 0x1234);
    struct tsig_message answer;
    begin_answer(&answer, DNS_RCODE_NOERROR);
    answer.octets[0] = 0x77;
    answer.octets[1] = 0x77;
    sign(&tsig, &answer, TSIG_NOW);
    struct dns_tsig_rr rr;
    assert_int_equal(dns_tsig_rr_read(answer.octets, answer.len, answer.at, &rr), 0);
    assert_int_equal(rr.original_id, 0x7777); /* the ID it was signed with */
}

static void other_data_of_a_request_is_signed_too(void **state)
{
    (void)state;
    static const char with_other[] =
        "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
        "790000fa00ff0000000000450b686d61632d7368613235360000006553f100012c0020900003e10e94e34b20"
        "9cbb8fc5e1223ae55e3028a5f43f105c58c180fd82d916123400000008616e797468696e67";
    struct tsig_message message;
    struct dns_tsig tsig;
    tsig_from_hex(with_other, &message);
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD);
    message.octets[message.len - 1] ^= 1;
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_BADSIG);
}

static void no_octet_may_change(void **state)
{
    (void)state;
    struct tsig_message message;
    struct dns_tsig tsig;
    tsig_from_hex(update, &message);
    for (size_t i = 2; i < message.len; i++) { /* the ID is not signed: the original ID is */
        for (unsigned bit = 0; bit < 8; bit++) {
            const uint8_t kept = message.octets[i];
            message.octets[i] ^= (uint8_t)(1u << bit);
            /* The case of a name's letters does not count. */
            const bool letter =
                bit == 5 && i > message.at && kept >= 'A' && kept <= 'z' && i < message.at + 33;
            const enum dns_tsig_verdict verdict = verify(&message, &tsig, TSIG_NOW);
            assert_true(verdict != DNS_TSIG_GOOD || letter);
            message.octets[i] = kept;
        }
    }
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD);
}

static void times_beyond_2038_and_2106_are_times(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint64_t time_s;
        const char *request;
    } rows[] = {
        {"the epoch", 0u,
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
         "790000fa00ff00000000003d0b686d61632d73686132353600000000000000012c0020fa2ce72641310d7a83"
         "2959854e62ab86aae17eab671a7c705c7ba82f535ae4c4123400000000"},
        {"2038", 2147483648u,
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
         "790000fa00ff00000000003d0b686d61632d73686132353600000080000000012c00204431d7ab11887b92c5"
         "84ca0630e22de353ea5de1320af679b2f155bff208507a123400000000"},
        {"2106", 4294967301u,
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
         "790000fa00ff00000000003d0b686d61632d73686132353600000100000005012c0020948059df29f1962fb2"
         "e91079f4fe306ce6ec5d3e53c58a9a71486e3ce419abb4123400000000"},
        {"the last second", 281474976710655u,
         "123400000001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
         "790000fa00ff00000000003d0b686d61632d73686132353600ffffffffffff012c0020efc792a56c7dccec1c"
         "1ca744166a57e1cc6ba1b33bde7450f08e32402be7407b123400000000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct tsig_message message;
        struct dns_tsig tsig;
        tsig_from_hex(rows[i].request, &message);
        assert_int_equal(verify(&message, &tsig, rows[i].time_s), DNS_TSIG_GOOD);
        assert_true(tsig.time_s == rows[i].time_s);
        assert_int_equal(verify(&message, &tsig, rows[i].time_s + 301), DNS_TSIG_BADTIME);
        assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_BADTIME);
        if (rows[i].time_s >= 301) {
            assert_int_equal(verify(&message, &tsig, rows[i].time_s - 301), DNS_TSIG_BADTIME);
        }
    }
}

static void time_may_differ_by_the_fudge(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint16_t fudge_s;
        int apart_s; /* the signer's clock is behind ours by this */
        enum dns_tsig_verdict verdict;
    } rows[] = {
        {"equal", 300, 0, DNS_TSIG_GOOD},
        {"behind by the fudge", 300, 300, DNS_TSIG_GOOD},
        {"behind by more", 300, 301, DNS_TSIG_BADTIME},
        {"ahead by the fudge", 300, -300, DNS_TSIG_GOOD},
        {"ahead by more", 300, -301, DNS_TSIG_BADTIME},
        {"no fudge, equal", 0, 0, DNS_TSIG_GOOD},
        {"no fudge, behind", 0, 1, DNS_TSIG_BADTIME},
        {"no fudge, ahead", 0, -1, DNS_TSIG_BADTIME},
        {"largest fudge", 65535, 65535, DNS_TSIG_GOOD},
        {"largest fudge, behind by more", 65535, 65536, DNS_TSIG_BADTIME},
    };
    const struct dns_tsig_key *key = tsig_key(ring, "hmac-sha256-key.");
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct dns_tsig_rr rr = tsig_rr(key);
        rr.fudge_s = rows[i].fudge_s;
        struct tsig_message message;
        struct dns_tsig tsig;
        tsig_query(&message);
        tsig_sign_as(&message, mac, key, &rr, NULL, 0);
        const uint64_t now_s = TSIG_NOW + (uint64_t)(int64_t)rows[i].apart_s;
        assert_int_equal(verify(&message, &tsig, now_s), rows[i].verdict);
    }
}

/* One row: a request that is wrong in one or two ways, and what is wrong first in the order of
 * RFC 8945 5.2. */
static void checks_come_in_their_order(void **state)
{
    (void)state;
    enum { MAC_WRONG = 1, TIME_WRONG = 2, KEY_WRONG = 4, ALGORITHM_WRONG = 8, OTHER_KEY = 16 };
    static const struct {
        const char *label;
        unsigned wrong;
        uint16_t mac_len;
        enum dns_tsig_verdict verdict;
    } rows[] = {
        {"nothing", 0, 32, DNS_TSIG_GOOD},
        {"5.2.1 unknown key", KEY_WRONG, 32, DNS_TSIG_BADKEY},
        {"5.2.1 algorithm of another key", ALGORITHM_WRONG, 32, DNS_TSIG_BADKEY},
        {"5.2.1 before the length of the MAC", KEY_WRONG, 0, DNS_TSIG_BADKEY},
        {"5.2.1 before the time", KEY_WRONG | TIME_WRONG, 32, DNS_TSIG_BADKEY},
        {"5.2.2.1 no MAC", 0, 0, DNS_TSIG_FORMERR},
        {"5.2.2.1 one octet", 0, 1, DNS_TSIG_FORMERR},
        {"5.2.2.1 less than half", 0, 15, DNS_TSIG_FORMERR},
        {"5.2.2.1 longer than the hash", 0, 33, DNS_TSIG_FORMERR},
        {"5.2.2.1 before the MAC", MAC_WRONG, 15, DNS_TSIG_FORMERR},
        {"5.2.2.1 before the time", TIME_WRONG, 33, DNS_TSIG_FORMERR},
        {"5.2.2 MAC", MAC_WRONG, 32, DNS_TSIG_BADSIG},
        {"5.2.2 of another key's name", OTHER_KEY, 32, DNS_TSIG_BADSIG},
        {"5.2.2 before the time", MAC_WRONG | TIME_WRONG, 32, DNS_TSIG_BADSIG},
        {"5.2.2 before truncation", MAC_WRONG, 16, DNS_TSIG_BADSIG},
        {"5.2.3 time", TIME_WRONG, 32, DNS_TSIG_BADTIME},
        {"5.2.3 before truncation", TIME_WRONG, 16, DNS_TSIG_BADTIME},
        {"5.2.4 half", 0, 16, DNS_TSIG_BADTRUNC},
        {"5.2.4 one octet short", 0, 31, DNS_TSIG_BADTRUNC},
    };
    const struct dns_tsig_key *key = tsig_key(ring, "hmac-sha256-key.");
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct dns_tsig_rr rr = tsig_rr(key);
        rr.mac_len = rows[i].mac_len;
        if (rows[i].wrong & TIME_WRONG) {
            rr.time_s -= 1000;
        }
        if (rows[i].wrong & KEY_WRONG) {
            rr.name[1] = 'x';
        }
        if (rows[i].wrong & ALGORITHM_WRONG) {
            const struct dns_tsig_key *other = tsig_key(ring, "hmac-sha512-key.");
            rr.algorithm = dns_tsig_key_algorithm(other);
        }
        if (rows[i].wrong & OTHER_KEY) {
            const struct dns_tsig_key *other = tsig_key(ring, "key.suanyu.test.");
            memcpy(rr.name, dns_tsig_key_name(other), other->name_len);
            rr.name_len = other->name_len;
        }
        struct tsig_message message;
        struct dns_tsig tsig;
        tsig_query(&message);
        tsig_sign_as(&message, mac, key, &rr, NULL, 0);
        if (rows[i].wrong & MAC_WRONG) {
            message.octets[20] ^= 0x20; /* a letter in the question */
        }
        assert_int_equal(verify(&message, &tsig, TSIG_NOW), rows[i].verdict);
    }
}

static void truncated_macs_are_for_keys_that_say_so(void **state)
{
    (void)state;
    enum { FORM = DNS_TSIG_FORMERR, TRUNC = DNS_TSIG_BADTRUNC, GOOD = DNS_TSIG_GOOD };
    static const struct {
        const char *key;
        uint16_t mac_len;
        int verdict;
    } rows[] = {
        {"hmac-sha1-key.", 9, FORM},        {"hmac-sha1-key.", 10, TRUNC},
        {"hmac-sha1-key.", 19, TRUNC},      {"hmac-sha1-key.", 20, GOOD},
        {"hmac-sha1-key.", 21, FORM},       {"hmac-sha256-key.", 15, FORM},
        {"hmac-sha256-key.", 16, TRUNC},    {"hmac-sha256-key.", 32, GOOD},
        {"short-key.", 15, FORM},           {"short-key.", 16, TRUNC},
        {"short-key.", 19, TRUNC},          {"short-key.", 20, GOOD},
        {"short-key.", 31, GOOD},           {"short-key.", 32, GOOD},
        {"short-key.", 33, FORM},           {"hmac-sha256-128-key.", 15, FORM},
        {"hmac-sha256-128-key.", 16, GOOD}, {"hmac-sha256-128-key.", 17, FORM},
        {"hmac-sha256-128-key.", 32, FORM}, {"hmac-sha384-key.", 23, FORM},
        {"hmac-sha384-key.", 24, TRUNC},    {"hmac-sha384-key.", 48, GOOD},
        {"hmac-sha384-key.", 49, FORM},     {"hmac-sha384-192-key.", 23, FORM},
        {"hmac-sha384-192-key.", 24, GOOD}, {"hmac-sha384-192-key.", 25, FORM},
        {"hmac-sha512-key.", 31, FORM},     {"hmac-sha512-key.", 32, TRUNC},
        {"hmac-sha512-key.", 64, GOOD},     {"hmac-sha512-key.", 65, FORM},
        {"hmac-sha512-256-key.", 31, FORM}, {"hmac-sha512-256-key.", 32, GOOD},
        {"hmac-sha512-256-key.", 33, FORM}, {"hmac-sha512-key.", 200, FORM},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s with %u octets\n", rows[i].key, rows[i].mac_len);
        const struct dns_tsig_key *key = tsig_key(ring, rows[i].key);
        struct dns_tsig_rr rr = tsig_rr(key);
        rr.mac_len = rows[i].mac_len;
        struct tsig_message message, answer;
        struct dns_tsig tsig;
        tsig_query(&message);
        tsig_sign_as(&message, mac, key, &rr, NULL, 0);
        assert_int_equal((int)verify(&message, &tsig, TSIG_NOW), rows[i].verdict);
        if (rows[i].verdict == FORM) {
            continue;
        }
        begin_answer(&answer, DNS_RCODE_NOERROR);
        sign(&tsig, &answer, TSIG_NOW);
        struct dns_tsig_rr back;
        assert_int_equal(dns_tsig_rr_read(answer.octets, answer.len, answer.at, &back), 0);
        assert_int_equal(back.mac_len, key->algorithm->octets); /* RFC 8945 5.2.4: not shorter */
    }
}

static void a_place_that_holds_no_tsig_is_malformed(void **state)
{
    (void)state;
    struct tsig_message message;
    struct dns_tsig tsig;
    tsig_from_hex(update, &message);
    const size_t right = message.at;
    for (message.at = 0; message.at < message.len + 2; message.at++) {
        const bool is_right = message.at == right;
        assert_int_equal(verify(&message, &tsig, TSIG_NOW) == DNS_TSIG_GOOD, is_right);
        assert_true(is_right || dns_tsig_reserve(&tsig) == 0 || tsig.verdict == DNS_TSIG_BADKEY);
    }
    for (message.at = right; message.len-- > 0;) {
        assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_FORMERR);
    }
}

static void a_server_without_keys_knows_none(void **state)
{
    (void)state;
    struct tsig_message message;
    struct dns_tsig tsig;
    tsig_from_hex(update, &message);
    assert_int_equal(
        dns_tsig_verify(&tsig, mac, NULL, message.octets, message.len, message.at, TSIG_NOW),
        DNS_TSIG_BADKEY);
    assert_null(tsig.key);
}

static void errors_are_answered_as_the_rfc_says(void **state)
{
    (void)state;
    static const char bad_time[] =
        "123480090001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
        "790000fa00ff0000000000430b686d61632d7368613235360000006553f100012c0020ed33500eff646eeaf8"
        "08f254fff16ddedad5b0d1203e57020ada8b1c18a0161c12340012000600006553f4e8";
    static const char bad_trunc[] =
        "123480090001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
        "790000fa00ff00000000003d0b686d61632d7368613235360000006553f101012c0020b7a0ed772c86e2c584"
        "23150fde8fedb64a5e8e274afd03bd72302dd0a1df9c16123400160000";
    static const char question[] = "123480090001000000000000067375616e797504746573740000060001";
    static const struct {
        const char *label;
        uint16_t mac_len;
        int late_s;
        bool unknown;
        enum dns_tsig_verdict verdict;
        const char *answer; /* NULL: as the other server's */
    } rows[] = {
        {"malformed: no TSIG", 10, 0, false, DNS_TSIG_FORMERR, question},
        {"unknown key: its names and times, no MAC", 32, 0, true, DNS_TSIG_BADKEY,
         "123480090001000000000001067375616e7975047465737400000600010f586d61632d7368613235362d6b65"
         "790000fa00ff00000000001d0b686d61632d7368613235360000006553f100012c00001234001100"
         "00"},
        {"wrong MAC: no MAC either", 32, 0, false, DNS_TSIG_BADSIG,
         "123480090001000000000001067375616e7975047465737400000600010f686d61632d7368613235362d6b65"
         "790000fa00ff00000000001d0b686d61632d7368613235360000006553f100012c00001234001000"
         "00"},
        {"time: signed, the request's times, our time", 32, 1000, false, DNS_TSIG_BADTIME,
         bad_time},
        {"truncated: signed", 16, 1, false, DNS_TSIG_BADTRUNC, NULL},
    };
    const struct dns_tsig_key *key = tsig_key(ring, "hmac-sha256-key.");
    for (size_t i = 0; i < COUNT(rows); i++) {
        print_message("%s\n", rows[i].label);
        struct dns_tsig_rr rr = tsig_rr(key);
        rr.mac_len = rows[i].mac_len;
        rr.name[1] = rows[i].unknown ? 'X' : rr.name[1];
        struct tsig_message message, answer;
        struct dns_tsig tsig;
        tsig_query(&message);
        tsig_sign_as(&message, mac, key, &rr, NULL, 0);
        if (rows[i].verdict == DNS_TSIG_BADSIG) {
            message.octets[message.len - 7] ^= 1; /* the last octet of the MAC */
        }
        const uint64_t now_s = TSIG_NOW + (uint64_t)rows[i].late_s;
        assert_int_equal(verify(&message, &tsig, now_s), rows[i].verdict);
        begin_answer(&answer, DNS_RCODE_NOTAUTH);
        sign(&tsig, &answer, now_s);
        if (rows[i].answer) {
            assert_message(&answer, rows[i].answer);
        }
    }
    /* The other server answered BADTRUNC to a whole MAC: ask for that answer. */
    struct dns_tsig_rr rr = tsig_rr(key);
    struct tsig_message message, answer;
    struct dns_tsig tsig;
    tsig_query(&message);
    tsig_sign_as(&message, mac, key, &rr, NULL, 0);
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD);
    tsig.verdict = DNS_TSIG_BADTRUNC;
    begin_answer(&answer, DNS_RCODE_NOTAUTH);
    sign(&tsig, &answer, TSIG_NOW + 1);
    assert_message(&answer, bad_trunc);
}

static void answers_to_errors_copy_what_the_rfc_says(void **state)
{
    (void)state;
    const struct dns_tsig_key *key = tsig_key(ring, "hmac-sha256-key.");
    for (int bad_time = 0; bad_time <= 1; bad_time++) {
        struct dns_tsig_rr rr = tsig_rr(key), back;
        struct tsig_message message, answer;
        struct dns_tsig tsig;
        rr.fudge_s = 77;
        rr.other = (const uint8_t *)"anything";
        rr.other_len = 8;
        tsig_query(&message);
        tsig_sign_as(&message, mac, key, &rr, NULL, 0);
        message.octets[20] ^= bad_time ? 0 : 0x20;
        assert_int_equal(verify(&message, &tsig, TSIG_NOW + 78),
                         bad_time ? DNS_TSIG_BADTIME : DNS_TSIG_BADSIG);
        begin_answer(&answer, DNS_RCODE_NOTAUTH);
        sign(&tsig, &answer, TSIG_NOW + 78);
        assert_int_equal(dns_tsig_rr_read(answer.octets, answer.len, answer.at, &back), 0);
        assert_true(back.time_s == TSIG_NOW);
        assert_int_equal(back.fudge_s, 77);
        assert_int_equal(back.other_len, bad_time ? 6 : 0);
        assert_int_equal(back.mac_len, bad_time ? 32 : 0);
    }
}

static void verdicts_have_rcodes_and_words(void **state)
{
    (void)state;
    static const struct {
        enum dns_tsig_verdict verdict;
        unsigned rcode;
    } rows[] = {
        {DNS_TSIG_GOOD, DNS_RCODE_NOERROR},    {DNS_TSIG_FORMERR, DNS_RCODE_FORMERR},
        {DNS_TSIG_BADKEY, DNS_RCODE_NOTAUTH},  {DNS_TSIG_BADSIG, DNS_RCODE_NOTAUTH},
        {DNS_TSIG_BADTIME, DNS_RCODE_NOTAUTH}, {DNS_TSIG_BADTRUNC, DNS_RCODE_NOTAUTH},
        {DNS_TSIG_FAILED, DNS_RCODE_SERVFAIL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(dns_tsig_rcode(rows[i].verdict), rows[i].rcode);
        assert_true(strlen(dns_tsig_text(rows[i].verdict)) > 0);
    }
}

static void an_answer_without_room_stays_as_it_is(void **state)
{
    (void)state;
    static const enum dns_tsig_verdict verdicts[] = {DNS_TSIG_GOOD, DNS_TSIG_BADSIG,
                                                     DNS_TSIG_BADTIME};
    struct tsig_message message, answer, before;
    struct dns_tsig tsig;
    tsig_from_hex(update, &message);
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD);
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        tsig.verdict = verdicts[i];
        begin_answer(&answer, DNS_RCODE_NOERROR);
        before = answer;
        for (size_t room = 0; room < dns_tsig_reserve(&tsig); room++) {
            struct wr wr = wr_make(answer.octets, answer.len + room);
            wr.pos += answer.len;
            assert_int_equal(dns_tsig_sign(&tsig, mac, TSIG_NOW, &wr), ERR_SPACE);
            assert_int_equal(wr.err, ERR_SPACE);
            assert_int_equal(wr_len(&wr), answer.len);
            assert_memory_equal(answer.octets, before.octets, answer.len);
        }
    }
    struct wr wr = wr_make(answer.octets, sizeof(answer.octets));
    wr.err = ERR_LIMIT; /* an answer that went wrong before is not signed */
    assert_int_equal(dns_tsig_sign(&tsig, mac, TSIG_NOW, &wr), ERR_LIMIT);
    tsig.verdict = DNS_TSIG_FORMERR; /* nor said to be right as it is */
    assert_int_equal(dns_tsig_sign(&tsig, mac, TSIG_NOW, &wr), ERR_LIMIT);
}

static void nothing_is_allocated_per_message(void **state)
{
    (void)state;
    struct tsig_message message, answer;
    struct dns_tsig tsig;
    tsig_from_hex(update, &message);
    assert_int_equal(verify(&message, &tsig, TSIG_NOW), DNS_TSIG_GOOD); /* makes the context */
    fail_after(1);
    for (unsigned i = 0; i < 100; i++) {
        dns_tsig_verify(&tsig, mac, ring, message.octets, message.len, message.at, TSIG_NOW);
        begin_answer(&answer, DNS_RCODE_NOERROR);
        struct wr wr = wr_make(answer.octets, sizeof(answer.octets));
        wr.pos += answer.len;
        dns_tsig_sign(&tsig, mac, TSIG_NOW, &wr);
    }
    assert_false(fail_stop());
    assert_int_equal(tsig.verdict, DNS_TSIG_GOOD);
}

static int start(void **state)
{
    (void)state;
    ring = tsig_ring_create();
    mac = mac_create(16);
    return mac_self_test();
}

static int stop(void **state)
{
    (void)state;
    dns_tsig_ring_destroy(ring);
    mac_destroy(mac);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_verified_and_answers_signed_as_others_do),
        cmocka_unit_test(names_may_be_compressed_and_of_any_case),
        cmocka_unit_test(an_id_that_a_forwarder_changed_is_no_matter),
        cmocka_unit_test(other_data_of_a_request_is_signed_too),
        cmocka_unit_test(no_octet_may_change),
        cmocka_unit_test(times_beyond_2038_and_2106_are_times),
        cmocka_unit_test(time_may_differ_by_the_fudge),
        cmocka_unit_test(checks_come_in_their_order),
        cmocka_unit_test(truncated_macs_are_for_keys_that_say_so),
        cmocka_unit_test(a_place_that_holds_no_tsig_is_malformed),
        cmocka_unit_test(a_server_without_keys_knows_none),
        cmocka_unit_test(errors_are_answered_as_the_rfc_says),
        cmocka_unit_test(answers_to_errors_copy_what_the_rfc_says),
        cmocka_unit_test(verdicts_have_rcodes_and_words),
        cmocka_unit_test(an_answer_without_room_stays_as_it_is),
        cmocka_unit_test(nothing_is_allocated_per_message),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
