#include "zones/dns_sig0.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "tests/lib/text.h"
#include "zones/dns_code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* An update's header with ARCOUNT 1 and nothing before the record. */
#define HEAD "123428000000000000000001"
#define SIGNATURE                                                                                  \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"                             \
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static enum dns_sig0_verdict read_hex(const char *hex, struct dns_sig0 *out)
{
    uint8_t octets[512];
    size_t len = text_from_hex(hex, octets, sizeof(octets));
    const uint8_t *copy = guard_copy(octets, len);
    enum dns_sig0_verdict verdict = dns_sig0_read(copy, len, DNS_HEADER_LEN, out);
    guard_free(copy);
    return verdict;
}

static void a_record_is_read_whole(void **state)
{
    (void)state;
    struct dns_sig0 sig0;
    assert_int_equal(read_hex(HEAD "00001800ff00000000"
                                   "0057"
                                   "00000d00000000006553f22c6553f0c4e459"
                                   "014b0174"
                                   "00" SIGNATURE,
                              &sig0),
                     DNS_SIG0_GOOD);
    assert_int_equal(sig0.at, DNS_HEADER_LEN);
    assert_int_equal(sig0.algorithm, DNS_SIG0_ECDSAP256SHA256);
    assert_int_equal(sig0.expiration_s, 1700000300);
    assert_int_equal(sig0.inception_s, 1699999940);
    assert_int_equal(sig0.key_tag, 0xe459);
    assert_int_equal(sig0.signer_len, 5);
    assert_memory_equal(sig0.signer, "\1K\1t", 5);
}

static void what_is_no_sig0_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *label, *hex;
        enum dns_sig0_verdict verdict;
    } rows[] = {
        {"Ed25519",
         HEAD "00001800ff00000000"
              "0054"
              "00000f00000000006553f22c6553f0c4e459"
              "0174"
              "00" SIGNATURE,
         DNS_SIG0_FORMERR},
        {"Ed25519, length right",
         HEAD "00001800ff00000000"
              "0055"
              "00000f00000000006553f22c6553f0c4e459"
              "0174"
              "00" SIGNATURE,
         DNS_SIG0_GOOD},
        {"root signs",
         HEAD "00001800ff00000000"
              "0053"
              "00000f00000000006553f22c6553f0c4e459"
              "00" SIGNATURE,
         DNS_SIG0_GOOD},
        {"RSA, of any length",
         HEAD "00001800ff00000000"
              "0014"
              "00000800000000006553f22c6553f0c4e459"
              "00"
              "00",
         DNS_SIG0_ALGORITHM},
        {"type covered",
         HEAD "00001800ff00000000"
              "0053"
              "00010f00000000006553f22c6553f0c4e459"
              "00" SIGNATURE,
         DNS_SIG0_FORMERR},
        {"owner",
         HEAD "01740000"
              "1800ff00000000"
              "0053"
              "00000f00000000006553f22c6553f0c4e459"
              "00" SIGNATURE,
         DNS_SIG0_FORMERR},
        {"class IN",
         HEAD "000018000100000000"
              "0053"
              "00000f00000000006553f22c6553f0c4e459"
              "00" SIGNATURE,
         DNS_SIG0_FORMERR},
        {"TTL",
         HEAD "00001800ff00000001"
              "0053"
              "00000f00000000006553f22c6553f0c4e459"
              "00" SIGNATURE,
         DNS_SIG0_FORMERR},
        {"another type",
         HEAD "00002e00ff00000000"
              "0053"
              "00000f00000000006553f22c6553f0c4e459"
              "00" SIGNATURE,
         DNS_SIG0_FORMERR},
        {"signature too long",
         HEAD "00001800ff00000000"
              "0054"
              "00000f00000000006553f22c6553f0c4e459"
              "00" SIGNATURE "00",
         DNS_SIG0_FORMERR},
        {"signature too short",
         HEAD "00001800ff00000000"
              "0014"
              "00000f00000000006553f22c6553f0c4e459"
              "00"
              "00",
         DNS_SIG0_FORMERR},
        {"no signature",
         HEAD "00001800ff00000000"
              "0013"
              "00000f00000000006553f22c6553f0c4e459"
              "00",
         DNS_SIG0_FORMERR},
        {"no signer",
         HEAD "00001800ff00000000"
              "0012"
              "00000f00000000006553f22c6553f0c4e459",
         DNS_SIG0_FORMERR},
        {"half of the fixed part",
         HEAD "00001800ff00000000"
              "0008"
              "00000f0000000000",
         DNS_SIG0_FORMERR},
        {"empty RDATA",
         HEAD "00001800ff00000000"
              "0000",
         DNS_SIG0_FORMERR},
        {"RDATA behind the end",
         HEAD "00001800ff00000000"
              "0053"
              "0000",
         DNS_SIG0_FORMERR},
        {"something behind it",
         HEAD "00001800ff00000000"
              "0053"
              "00000f00000000006553f22c6553f0c4e459"
              "00" SIGNATURE "00",
         DNS_SIG0_FORMERR},
        {"ARCOUNT 0",
         "123428000000000000000000"
         "00001800ff00000000"
         "0053"
         "00000f00000000006553f22c6553f0c4e459"
         "00" SIGNATURE,
         DNS_SIG0_FORMERR},
        {"signer points forward",
         HEAD "00001800ff00000000"
              "0054"
              "00000f00000000006553f22c6553f0c4e459"
              "c0ff" SIGNATURE,
         DNS_SIG0_FORMERR},
        {"nothing", HEAD, DNS_SIG0_FORMERR},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dns_sig0 sig0;
        enum dns_sig0_verdict verdict = read_hex(rows[i].hex, &sig0);
        if (verdict != rows[i].verdict) {
            fail_msg("%s: %u", rows[i].label, verdict);
        }
    }
}

static void times_are_compared_as_serial_numbers(void **state)
{
    (void)state;
    enum { NOW = 1700000000 };
    static const int64_t late = 4294967296; /* 2106: both times wrap */
    static const struct {
        const char *label;
        uint32_t inception_s, expiration_s;
        int64_t now_s;
        bool clockless;
        enum dns_sig0_verdict verdict;
    } rows[] = {
        {"inside", NOW - 60, NOW + 300, NOW, false, DNS_SIG0_GOOD},
        {"just begins", NOW, NOW + 300, NOW, false, DNS_SIG0_GOOD},
        {"their clock is ahead", NOW + 300, NOW + 600, NOW, false, DNS_SIG0_GOOD},
        {"too far ahead", NOW + 301, NOW + 600, NOW, false, DNS_SIG0_EARLY},
        {"last second", NOW - 60, NOW, NOW, false, DNS_SIG0_GOOD},
        {"expired", NOW - 60, NOW - 1, NOW, false, DNS_SIG0_EXPIRED},
        {"an hour", NOW - 60, NOW + 3600, NOW, false, DNS_SIG0_GOOD},
        {"more than an hour", NOW - 60, NOW + 3601, NOW, false, DNS_SIG0_LONG},
        {"half the circle", NOW - 60, NOW + 0x80000000u, NOW, false, DNS_SIG0_EXPIRED},
        {"across 2106", 0xffffffc4u, 240, late - 10, false, DNS_SIG0_GOOD},
        {"after 2106", 0xffffffc4u, 240, late + 10, false, DNS_SIG0_GOOD},
        {"expired after 2106", 0xffffffc4u, 5, late + 10, false, DNS_SIG0_EXPIRED},
        {"without a clock", 0, 0, NOW, true, DNS_SIG0_GOOD},
        {"without a clock, not allowed", 0, 0, NOW, false, DNS_SIG0_EXPIRED},
        {"half a clock", 0, NOW - 1, NOW, true, DNS_SIG0_EXPIRED},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct dns_sig0 sig0 = {.inception_s = rows[i].inception_s,
                                .expiration_s = rows[i].expiration_s};
        enum dns_sig0_verdict verdict =
            dns_sig0_check_time(&sig0, rows[i].now_s, rows[i].clockless);
        if (verdict != rows[i].verdict) {
            fail_msg("%s: %u", rows[i].label, verdict);
        }
    }
}

static void only_keys_that_may_sign_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint8_t head[DNS_SIG0_KEY_FIXED];
        size_t len; /* of the key */
        bool good;
    } rows[] = {
        {"host, ECDSA", {2, 0, 3, 13}, 64, true},
        {"host, Ed25519", {2, 0, 3, 15}, 32, true},
        {"no flags", {0, 0, 3, 15}, 32, true},
        {"confidentiality only is not said", {0x40, 0, 3, 15}, 32, true},
        {"no authentication", {0x80, 0, 3, 15}, 32, false},
        {"no key", {0xc0, 0, 3, 15}, 32, false},
        {"protocol TLS", {2, 0, 1, 15}, 32, false},
        {"RSA", {2, 0, 3, 8}, 64, false},
        {"ECDSA with the length of Ed25519", {2, 0, 3, 13}, 32, false},
        {"Ed25519 with the length of ECDSA", {2, 0, 3, 15}, 64, false},
        {"one octet less", {2, 0, 3, 15}, 31, false},
        {"no key octets", {2, 0, 3, 15}, 0, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t rdata[128] = {0};
        struct dns_sig0_key key;
        memcpy(rdata, rows[i].head, sizeof(rows[i].head));
        size_t len = sizeof(rows[i].head) + rows[i].len;
        const uint8_t *copy = guard_copy(rdata, len);
        bool good = dns_sig0_key_read(copy, len, &key);
        if (good != rows[i].good || (good && key.len != len)) {
            fail_msg("%s: %u", rows[i].label, good);
        }
        guard_free(copy);
    }
    struct dns_sig0_key key;
    assert_false(dns_sig0_key_read((const uint8_t *)"\2\0\3", 3, &key));
}

/* Tags as `dnssec-keygen` wrote them in its file names. */
static void tags_are_those_of_bind(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint16_t tag;
        uint8_t algorithm;
    } rows[] = {
        {"0200030d4eff6c23ad01df7e2a58291ef55beda6d1f651cd1e3016748aaab387295c2247"
         "773fcaacc0d3e2ac0401f99f1efbd4df1bb57c91eb26e617761beecbc174affc",
         31790, 13},
        {"0200030fdd804b531ab51c533cc4f6605b86ba4492a826b4ea8d300662"
         "2529c29df46b76",
         5919, 15},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t rdata[128];
        size_t len = text_from_hex(rows[i].hex, rdata, sizeof(rdata));
        struct dns_sig0_key key;
        struct dns_sig0 sig0 = {.algorithm = rows[i].algorithm, .key_tag = rows[i].tag};
        assert_true(dns_sig0_key_read(rdata, len, &key));
        assert_int_equal(dns_sig0_key_tag(&key), rows[i].tag);
        assert_true(dns_sig0_key_fits(&key, &sig0));
        sig0.key_tag++;
        assert_false(dns_sig0_key_fits(&key, &sig0));
        sig0.key_tag--;
        sig0.algorithm = 8;
        assert_false(dns_sig0_key_fits(&key, &sig0));
    }
}

static void every_verdict_has_its_answer(void **state)
{
    (void)state;
    assert_int_equal(dns_sig0_rcode(DNS_SIG0_BADSIG), DNS_RCODE_NOTAUTH);
    assert_int_equal(dns_sig0_rcode(DNS_SIG0_ALGORITHM), DNS_RCODE_REFUSED);
    assert_int_equal(dns_sig0_rcode(DNS_SIG0_FORMERR), DNS_RCODE_FORMERR);
    assert_int_equal(dns_sig0_ede(DNS_SIG0_EXPIRED), DNS_EDE_SIGNATURE_EXPIRED);
    assert_string_equal(dns_sig0_text(DNS_SIG0_BADSIG), "signature is wrong");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_whole),
        cmocka_unit_test(what_is_no_sig0_is_told_apart),
        cmocka_unit_test(times_are_compared_as_serial_numbers),
        cmocka_unit_test(only_keys_that_may_sign_are_taken),
        cmocka_unit_test(tags_are_those_of_bind),
        cmocka_unit_test(every_verdict_has_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
