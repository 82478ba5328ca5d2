#include "server/notify_sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/tsig.h"
#include "tests/lib/zones.h"
#include "zones/dns_code.h"
#include "zones/dns_tsig.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

enum { SIZE = 1232, ID = 0x4711 };

static struct dns_tsig_ring *ring;
static struct mac *mac;
static struct dns_tsig_client client;
static uint8_t request[SIZE], answer[SIZE];
static size_t request_len, answer_len;
static struct dns_tsig tsig; /* the secondary's */

static size_t begin(uint8_t *out, uint16_t flags)
{
    struct dns_write w;
    size_t len;
    dns_write_begin(&w, out, SIZE, ID, DNS_OPCODE_NOTIFY << 11 | flags);
    dns_write_question(&w, zones_name("z.t."), DNS_TYPE_SOA, DNS_CLASS_IN);
    assert_int_equal(dns_write_end(&w, &len), 0);
    return len;
}

static int enter(void **state)
{
    (void)state;
    ring = tsig_ring_create();
    mac = mac_create(1);
    request_len = begin(request, DNS_FLAG_AA);
    assert_true(notify_sign_request(&client, mac, ring, zones_name("key.suanyu.test."), TSIG_NOW,
                                    request, &request_len, SIZE));
    dns_tsig_verify(&tsig, mac, ring, request, request_len, tsig_find(request, request_len),
                    TSIG_NOW);
    answer_len = begin(answer, DNS_FLAG_QR | DNS_FLAG_AA);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    mac_destroy(mac);
    dns_tsig_ring_destroy(ring);
    return 0;
}

/* The secondary signs its answer. */
static void sign_answer(uint64_t now_s)
{
    struct wr wr = wr_make(answer, SIZE);
    wr.pos += answer_len;
    assert_int_equal(dns_tsig_sign(&tsig, mac, now_s, &wr), 0);
    answer_len = wr_len(&wr);
}

static bool is_answer(uint16_t *out_hint)
{
    *out_hint = DNS_RCODE_NOERROR;
    return notify_sign_is_answer(&client, mac, ring, zones_name("key.suanyu.test."), TSIG_NOW,
                                 answer, answer_len, out_hint);
}

static void the_answer_of_the_keys_holder_is_believed(void **state)
{
    (void)state;
    uint16_t hint;
    assert_int_equal(tsig.verdict, DNS_TSIG_GOOD);
    sign_answer(TSIG_NOW);
    assert_true(is_answer(&hint));
    assert_true(is_answer(&hint)); /* a second copy, too: nothing was used up */
}

static void whatever_proves_nothing_is_not(void **state)
{
    (void)state;
    uint16_t hint;
    assert_false(is_answer(&hint)); /* unsigned */
    const size_t bare_len = answer_len;
    sign_answer(TSIG_NOW);
    for (size_t i = 0; i < answer_len; i++) {
        if (i < 2 || (i >= 12 && i < 17)) { /* the ID is compared elsewhere; letters fold */
            continue;
        }
        answer[i] ^= 0x80;
        assert_false(is_answer(&hint));
        answer[i] ^= 0x80;
    }
    assert_false(notify_sign_is_answer(&client, mac, ring, zones_name("hmac-sha256-key."), TSIG_NOW,
                                       answer, answer_len, &hint));
    assert_false(notify_sign_is_answer(&client, mac, NULL, zones_name("key.suanyu.test."), TSIG_NOW,
                                       answer, answer_len, &hint));
    assert_false(notify_sign_is_answer(&client, mac, ring, zones_name("key.suanyu.test."),
                                       TSIG_NOW + 1000, answer, answer_len, &hint));
    answer_len = bare_len;
    client.mac[0] ^= 1; /* an answer to another request */
    sign_answer(TSIG_NOW);
    assert_false(is_answer(&hint));
}

static void a_secondary_without_the_key_leaves_a_hint(void **state)
{
    (void)state;
    uint16_t hint;
    tsig.verdict = DNS_TSIG_BADKEY;
    sign_answer(TSIG_NOW);
    assert_false(is_answer(&hint));
    assert_int_equal(hint, DNS_RCODE_BADKEY);
}

static void a_secondary_with_another_clock_is_believed(void **state)
{
    (void)state;
    uint16_t hint;
    tsig.verdict = DNS_TSIG_BADTIME;
    sign_answer(TSIG_NOW + 5000);
    assert_true(is_answer(&hint)); /* it refuses, by its RCODE */
    assert_int_equal(hint, DNS_RCODE_BADTIME);
}

static void nothing_is_signed_without_key_or_room(void **state)
{
    (void)state;
    size_t len = begin(request, DNS_FLAG_AA);
    const size_t before = len;
    assert_false(notify_sign_request(&client, mac, ring, zones_name("other."), TSIG_NOW, request,
                                     &len, SIZE));
    assert_false(notify_sign_request(&client, mac, NULL, zones_name("key.suanyu.test."), TSIG_NOW,
                                     request, &len, SIZE));
    assert_false(notify_sign_request(&client, mac, ring, zones_name("key.suanyu.test."), TSIG_NOW,
                                     request, &len, before + 50));
    assert_int_equal(len, before);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(the_answer_of_the_keys_holder_is_believed),
        CASE(whatever_proves_nothing_is_not),
        CASE(a_secondary_without_the_key_leaves_a_hint),
        CASE(a_secondary_with_another_clock_is_believed),
        CASE(nothing_is_signed_without_key_or_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
