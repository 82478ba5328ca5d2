/* SIG(0): read a record, check its time, and verify it with the keys of the seeds, and with the key that
 * the record itself would make. The first two octets are the offset at which the record is said to
 * stand; the message follows. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_code.h"
#include "zones/sign_sig0.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1700000000, KEYS = 2, OFFSET = 2 };

/* The keys of tests/unit/test_sign_sig0.c, whose owners signed the seeds. */
static const struct dns_sig0_key keys[KEYS] = {
    {68, {0x02, 0x00, 0x03, 0x0d, 0x4e, 0xff, 0x6c, 0x23, 0xad, 0x01, 0xdf, 0x7e, 0x2a, 0x58,
          0x29, 0x1e, 0xf5, 0x5b, 0xed, 0xa6, 0xd1, 0xf6, 0x51, 0xcd, 0x1e, 0x30, 0x16, 0x74,
          0x8a, 0xaa, 0xb3, 0x87, 0x29, 0x5c, 0x22, 0x47, 0x77, 0x3f, 0xca, 0xac, 0xc0, 0xd3,
          0xe2, 0xac, 0x04, 0x01, 0xf9, 0x9f, 0x1e, 0xfb, 0xd4, 0xdf, 0x1b, 0xb5, 0x7c, 0x91,
          0xeb, 0x26, 0xe6, 0x17, 0x76, 0x1b, 0xee, 0xcb, 0xc1, 0x74, 0xaf, 0xfc}},
    {36, {0x02, 0x00, 0x03, 0x0f, 0xdd, 0x80, 0x4b, 0x53, 0x1a, 0xb5, 0x1c, 0x53,
          0x3c, 0xc4, 0xf6, 0x60, 0x5b, 0x86, 0xba, 0x44, 0x92, 0xa8, 0x26, 0xb4,
          0xea, 0x8d, 0x30, 0x06, 0x62, 0x25, 0x29, 0xc2, 0x9d, 0xf4, 0x6b, 0x76}},
};

static struct sign_sig0 *verifier;

/* The octets of a signature, taken for a key. */
static void verify_strange(const struct dns_sig0 *sig0, const uint8_t *message)
{
    uint8_t rdata[DNS_SIG0_KEY_MAX] = {2, 0, 3, sig0->algorithm};
    struct dns_sig0_key key;
    memcpy(rdata + DNS_SIG0_KEY_FIXED, sig0->signature, DNS_SIG0_SIGNATURE);
    bool is_long = sig0->algorithm == DNS_SIG0_ECDSAP256SHA256;
    CHECK(dns_sig0_key_read(rdata, is_long ? 68 : 36, &key));
    CHECK(sign_sig0_verify(verifier, sig0, &key, message) != DNS_SIG0_FAILED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    verifier = verifier ? verifier : sign_sig0_create();
    CHECK(verifier != NULL);
    if (size < OFFSET || size > OFFSET + DNS_MESSAGE_MAX) {
        return 0;
    }
    const uint8_t *message = data + OFFSET;
    struct dns_sig0 sig0;
    if (dns_sig0_read(message, size - OFFSET, (size_t)(data[0] << 8 | data[1]), &sig0) !=
        DNS_SIG0_GOOD) {
        return 0;
    }
    dns_sig0_check_time(&sig0, NOW, true);
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i].rdata[DNS_SIG0_KEY_FIXED - 1] == sig0.algorithm) {
            CHECK(sign_sig0_verify(verifier, &sig0, &keys[i], message) != DNS_SIG0_FAILED);
        }
    }
    verify_strange(&sig0, message);
    return 0;
}
