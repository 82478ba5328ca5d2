#include "zones/sign_sig0.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/guard.h"
#include "tests/lib/text.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define KEY_13                                                                                     \
    "0200030d4eff6c23ad01df7e2a58291ef55beda6d1f651cd1e3016748aaab387295c2247"                     \
    "773fcaacc0d3e2ac0401f99f1efbd4df1bb57c91eb26e617761beecbc174affc"
#define KEY_15 "0200030fdd804b531ab51c533cc4f6605b86ba4492a826b4ea8d3006622529c29df46b76"
#define OTHER_13                                                                                   \
    "0200030d8e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a3"                     \
    "73eb1dbde03318366d069f83a6f5900053c73633cb041b21c55e1a86c1f400b4"
#define OTHER_15 "0200030fdd7e84d010aed28a416e928f50c4c09ac0f94a8f5b346548168bddb61cdb7263"

/* All are an update of suanyu.test. that adds an A record to lumi.suanyu.test., who signs. */
static const struct vector {
    const char *signer, *key, *message;
} vectors[] = {
    {"nsupdate 9.18, ECDSA", KEY_13,
     "43d428000001000000010001067375616e797504746573740000060001046c756d69c00c000100010000012c"
     "0004c000020900001800ff00000000006400000d00000000006b0243bc6b0241647c2e046c756d6906737561"
     "6e7975047465737400a998624e36b66319436b6acf2b5fe06176829656200230c8dc264342236cb8c7ed366a"
     "2d182361c05eb245710a3de76db444b38dd5f3a74e55439933f01c8182"},
    {"nsupdate 9.18, Ed25519", KEY_15,
     "bba928000001000000010001067375616e797504746573740000060001046c756d69c00c000100010000012c"
     "0004c000020900001800ff00000000006400000f00000000006b0243bc6b024164171f046c756d6906737561"
     "6e7975047465737400215a552ad5367dae297f71e7abbe48ca79992a8182ab51bc09702b1928e5d95673162b"
     "b09c32453f0dfac44791b0785eec959f4a55dd8cbe2a7443b2dc6ebc0d"},
    {"Net::DNS::SEC 1.20, ECDSA", KEY_13,
     "123428000001000000010001067375616e797504746573740000060001046c756d69c00c000100010000012c"
     "0004c000020900001800ff00000000006400000d00000000006553f22c6553f0c47c2e046c756d6906737561"
     "6e7975047465737400d4bb23f3059f1739c8e1cd3922c4c034ddd38cf7d923c53a941b3a0117001b089f5e66"
     "e254348816af1c45b2c81c928e275be6cf722ef25c63268d9546e2107f"},
    {"Net::DNS::SEC 1.20, Ed25519", KEY_15,
     "123428000001000000010001067375616e797504746573740000060001046c756d69c00c000100010000012c"
     "0004c000020900001800ff00000000006400000f00000000006553f22c6553f0c4171f046c756d6906737561"
     "6e7975047465737400b66e425fc32e150086d87ecfc1927f559b5d424c04dc5839aa4b4ccc61e3d51c1f390b"
     "a54cdc23b68b84bbff68f1ab9b4676c1c5c46aed94f7b8042a7c86e40b"},
    {"cryptography 38, ECDSA", OTHER_13,
     "123428000001000000010001067375616e797504746573740000060001046c756d69067375616e7975047465"
     "737400000100010000012c0004c000020900001800ff00000000006400000d00000000006553f22c6553f0c4"
     "e459046c756d69067375616e7975047465737400d8ef9d48125cfb98066521e42c516f3733e6823bfdb2c5e9"
     "a075a90ea7fa5221f5b19174f51c3068dc397a24ab13f0759cc18ee2479fb66a983dc4b5dfc4f6d4"},
    {"cryptography 38, Ed25519", OTHER_15,
     "123428000001000000010001067375616e797504746573740000060001046c756d69067375616e7975047465"
     "737400000100010000012c0004c000020900001800ff00000000006400000f00000000006553f22c6553f0c4"
     "7f7a046c756d69067375616e7975047465737400b2ae81f06c20dea04a60128d99cb7867dd6fe9e217275d43"
     "25e4bdb635bcdde29ceeb62252a16042aa2464301c87bc49c1ce7d200dc4a9ad2ac1758e7f033409"},
};

struct message {
    uint8_t octets[512];
    size_t len, at;
};

static struct sign_sig0 *verifier;

static int start(void **state)
{
    (void)state;
    verifier = sign_sig0_create();
    return verifier ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    sign_sig0_destroy(verifier);
    return 0;
}

static struct dns_sig0_key key_of(const char *hex)
{
    uint8_t rdata[128];
    struct dns_sig0_key key;
    size_t len = text_from_hex(hex, rdata, sizeof(rdata));
    assert_true(dns_sig0_key_read(rdata, len, &key));
    return key;
}

static void take(const char *hex, struct message *out)
{
    out->len = text_from_hex(hex, out->octets, sizeof(out->octets));
    struct dns_message walk;
    struct dns_rr rr;
    dns_read_message(&walk, out->octets, out->len);
    size_t next = 0;
    do {
        out->at = next;
        struct dns_question question;
        while (dns_read_message_question(&walk, &question)) {
        }
        next = (size_t)(walk.rd.pos - walk.rd.base);
    } while (dns_read_message_next(&walk, &rr));
    assert_int_equal(walk.rd.err, 0);
    assert_int_equal(rr.type, DNS_TYPE_SIG);
}

static enum dns_sig0_verdict verify(const struct message *message, const struct dns_sig0_key *key)
{
    struct dns_sig0 sig0;
    const uint8_t *copy = guard_copy(message->octets, message->len);
    enum dns_sig0_verdict verdict = dns_sig0_read(copy, message->len, message->at, &sig0);
    if (verdict == DNS_SIG0_GOOD) {
        verdict = dns_sig0_key_fits(key, &sig0) ? sign_sig0_verify(verifier, &sig0, key, copy)
                                                : DNS_SIG0_NOKEY;
    }
    guard_free(copy);
    return verdict;
}

static void what_others_sign_is_verified(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) { /* the second one meets keys made ready */
        for (size_t i = 0; i < COUNT(vectors); i++) {
            struct message message;
            struct dns_sig0_key key = key_of(vectors[i].key);
            take(vectors[i].message, &message);
            if (verify(&message, &key) != DNS_SIG0_GOOD) {
                fail_msg("%s", vectors[i].signer);
            }
        }
    }
}

/* Whatever is changed, the message is not the one that was signed. */
static void each_octet_is_signed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct message message;
        struct dns_sig0_key key = key_of(vectors[i].key);
        take(vectors[i].message, &message);
        for (size_t at = 0; at < message.len; at++) {
            message.octets[at] ^= 1;
            if (verify(&message, &key) == DNS_SIG0_GOOD) {
                fail_msg("%s: octet %zu", vectors[i].signer, at);
            }
            message.octets[at] ^= 1;
        }
    }
}

static void another_key_with_the_same_tag_does_not_verify(void **state)
{
    (void)state;
    static const char *const others[] = {OTHER_13, OTHER_15};
    for (size_t i = 0; i < 2; i++) {
        struct message message;
        struct dns_sig0_key key = key_of(others[i]);
        struct dns_sig0 sig0;
        take(vectors[i].message, &message);
        assert_int_equal(dns_sig0_read(message.octets, message.len, message.at, &sig0),
                         DNS_SIG0_GOOD);
        assert_int_equal(sign_sig0_verify(verifier, &sig0, &key, message.octets), DNS_SIG0_BADSIG);
    }
}

static void octets_that_are_no_key_verify_nothing(void **state)
{
    (void)state;
    struct message message;
    struct dns_sig0 sig0;
    struct dns_sig0_key key = key_of(KEY_13);
    take(vectors[0].message, &message);
    assert_int_equal(dns_sig0_read(message.octets, message.len, message.at, &sig0), DNS_SIG0_GOOD);
    memset(key.rdata + DNS_SIG0_KEY_FIXED, 0xff, 64); /* no point of the curve */
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(sign_sig0_verify(verifier, &sig0, &key, message.octets), DNS_SIG0_BADSIG);
    }
    memset(message.octets + message.len - DNS_SIG0_SIGNATURE, 0, DNS_SIG0_SIGNATURE);
    key = key_of(KEY_13);
    assert_int_equal(sign_sig0_verify(verifier, &sig0, &key, message.octets), DNS_SIG0_BADSIG);
}

static void more_keys_than_are_kept_ready_take_turns(void **state)
{
    (void)state;
    struct message message;
    struct dns_sig0 sig0;
    struct dns_sig0_key good = key_of(KEY_15);
    take(vectors[1].message, &message);
    assert_int_equal(dns_sig0_read(message.octets, message.len, message.at, &sig0), DNS_SIG0_GOOD);
    for (unsigned i = 0; i < 300; i++) {
        struct dns_sig0_key other = good;
        other.rdata[4] ^= (uint8_t)(i + 1);
        other.rdata[5] ^= (uint8_t)(i >> 8);
        if (other.rdata[4] != good.rdata[4] || other.rdata[5] != good.rdata[5]) {
            assert_int_equal(sign_sig0_verify(verifier, &sig0, &other, message.octets),
                             DNS_SIG0_BADSIG);
        }
        assert_int_equal(sign_sig0_verify(verifier, &sig0, &good, message.octets), DNS_SIG0_GOOD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_others_sign_is_verified, start, stop),
        cmocka_unit_test_setup_teardown(each_octet_is_signed, start, stop),
        cmocka_unit_test_setup_teardown(another_key_with_the_same_tag_does_not_verify, start, stop),
        cmocka_unit_test_setup_teardown(octets_that_are_no_key_verify_nothing, start, stop),
        cmocka_unit_test_setup_teardown(more_keys_than_are_kept_ready_take_turns, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
