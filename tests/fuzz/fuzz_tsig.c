/* TSIG: verify a request, sign the answer to it, and read that answer back; and the same octets as
 * the answer to a request of ours, alone and in a stream. The first two octets are the offset at
 * which the record is said to stand; the message follows. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "zones/dns_code.h"
#include "zones/dns_tsig.h"
#include "zones/dns_tsig_client.h"
#include "zones/dns_tsig_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1700000000, KEYS = 2, OFFSET = 2 };

static struct dns_tsig_ring *ring;
static struct mac *mac;
static const struct dns_tsig_key *keys[KEYS];

/* As the seeds were signed: secret 0, 1, ... 31. */
static void start(void)
{
    static const struct {
        const char *name, *algorithm;
        uint8_t mac_min;
    } rows[KEYS] = {
        {"\17hmac-sha256-key", "hmac-sha256", 0},
        {"\11short-key", "hmac-sha256", 16},
    };
    uint8_t secret[32];
    struct dns_tsig_key_spec specs[KEYS];
    for (uint8_t i = 0; i < sizeof(secret); i++) {
        secret[i] = i;
    }
    for (size_t i = 0; i < KEYS; i++) {
        specs[i] = (struct dns_tsig_key_spec){
            .name = (const uint8_t *)rows[i].name,
            .algorithm = dns_tsig_algorithm_parse(rows[i].algorithm, strlen(rows[i].algorithm)),
            .secret = secret,
            .secret_len = sizeof(secret),
            .mac_min = rows[i].mac_min,
        };
    }
    size_t bad;
    CHECK(dns_tsig_ring_create(specs, KEYS, &ring, &bad) == 0);
    for (size_t i = 0; i < KEYS; i++) {
        keys[i] = dns_tsig_ring_find(ring, specs[i].name);
    }
    mac = mac_create(KEYS);
}

static struct wr begin_message(uint8_t *buffer, size_t size, unsigned flags)
{
    struct wr wr = wr_make(buffer, size);
    wr_u16(&wr, 0x1234);
    wr_u16(&wr, flags);
    wr_uint(&wr, 0, DNS_HEADER_LEN - 4);
    return wr;
}

/* The answer takes the room that was asked for, and can be read. */
static void answer(const struct dns_tsig *tsig)
{
    uint8_t buffer[1024];
    const size_t room = dns_tsig_reserve(tsig);
    const size_t len = DNS_HEADER_LEN + room;
    struct wr wr = begin_message(buffer, len, 0x8000 | dns_tsig_rcode(tsig->verdict));
    CHECK(dns_tsig_sign(tsig, mac, NOW, &wr) == 0);
    CHECK(wr_len(&wr) == len);
    struct dns_tsig_rr rr;
    CHECK(room == 0 || dns_tsig_rr_read(buffer, len, DNS_HEADER_LEN, &rr) == 0);
    if (tsig->verdict == DNS_TSIG_GOOD) {
        struct dns_tsig_client client = {.key = tsig->key, .mac_len = tsig->mac_len};
        memcpy(client.mac, tsig->mac, sizeof(client.mac));
        CHECK(dns_tsig_client_verify(&client, mac, buffer, len, DNS_HEADER_LEN, NOW) ==
              DNS_TSIG_CLIENT_GOOD);
    }
}

/* Octets that others sent are never the answer to what we have asked just now. */
static void take(const uint8_t *message, size_t len, size_t at)
{
    for (size_t i = 0; i < KEYS; i++) {
        uint8_t buffer[512];
        struct dns_tsig_client client;
        struct wr wr = begin_message(buffer, sizeof(buffer), 0);
        CHECK(dns_tsig_client_sign(&client, mac, keys[i], NOW, &wr) == 0);
        const enum dns_tsig_client_verdict verdict =
            dns_tsig_client_verify(&client, mac, message, len, at, NOW);
        CHECK(verdict == DNS_TSIG_CLIENT_BAD || verdict == DNS_TSIG_CLIENT_UNSIGNED);
        client.begun = true; /* as later in a stream */
        dns_tsig_client_verify(&client, mac, message, len, 0, NOW);
        dns_tsig_client_verify(&client, mac, message, len, at, NOW);
        CHECK(!dns_tsig_client_is_whole(&client));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!ring) {
        start();
    }
    if (size < OFFSET || size > OFFSET + DNS_MESSAGE_MAX) {
        return 0;
    }
    const uint8_t *message = data + OFFSET;
    const size_t len = size - OFFSET;
    const size_t at = (size_t)(data[0] << 8 | data[1]);
    struct dns_tsig tsig;
    dns_tsig_verify(&tsig, mac, ring, message, len, at, NOW);
    answer(&tsig);
    take(message, len, at);
    return 0;
}
