#include "tests/lib/tsig.h"

#include <string.h>

#include "base/check.h"
#include "tests/lib/text.h"
#include "zones/dns_name.h"
#include "zones/dns_read.h"

enum { SPECS = 9, SECRET = 32 };

static const struct {
    const char *name, *algorithm;
    uint8_t mac_min;
} keys[SPECS] = {
    {"hmac-sha1-key.", "hmac-sha1", 0},
    {"hmac-sha256-key.", "hmac-sha256", 0},
    {"hmac-sha256-128-key.", "hmac-sha256-128", 0},
    {"hmac-sha384-key.", "hmac-sha384", 0},
    {"hmac-sha384-192-key.", "hmac-sha384-192", 0},
    {"hmac-sha512-key.", "hmac-sha512", 0},
    {"hmac-sha512-256-key.", "hmac-sha512-256", 0},
    {"key.suanyu.test.", "hmac-sha256", 0},
    {"short-key.", "hmac-sha256", 20},
};

struct dns_tsig_ring *tsig_ring_create(void)
{
    uint8_t secret[SECRET], names[SPECS][DNS_NAME_MAX];
    struct dns_tsig_key_spec specs[SPECS];
    for (uint8_t i = 0; i < SECRET; i++) {
        secret[i] = i;
    }
    for (size_t i = 0; i < SPECS; i++) {
        size_t len;
        CHECK(dns_name_parse(keys[i].name, strlen(keys[i].name), NULL, names[i], &len) == 0);
        specs[i] = (struct dns_tsig_key_spec){
            .name = names[i],
            .algorithm = dns_tsig_algorithm_parse(keys[i].algorithm, strlen(keys[i].algorithm)),
            .secret = secret,
            .secret_len = SECRET,
            .mac_min = keys[i].mac_min,
        };
        CHECK(specs[i].algorithm != NULL);
    }
    struct dns_tsig_ring *ring;
    size_t bad;
    CHECK(dns_tsig_ring_create(specs, SPECS, &ring, &bad) == 0);
    return ring;
}

const struct dns_tsig_key *tsig_key(const struct dns_tsig_ring *ring, const char *name)
{
    uint8_t wire[DNS_NAME_MAX];
    size_t len;
    CHECK(dns_name_parse(name, strlen(name), NULL, wire, &len) == 0);
    const struct dns_tsig_key *key = dns_tsig_ring_find(ring, wire);
    CHECK(key != NULL);
    return key;
}

size_t tsig_find(const uint8_t *data, size_t len)
{
    struct dns_message message;
    struct dns_rr rr;
    CHECK(dns_read_message(&message, data, len) == 0);
    struct dns_question question;
    while (dns_read_message_question(&message, &question)) {
    }
    size_t at;
    do {
        at = (size_t)(message.rd.pos - message.rd.base);
    } while (dns_read_message_next(&message, &rr) && !message.has_tsig);
    CHECK(message.rd.err == 0);
    return message.has_tsig ? at : 0;
}

void tsig_from_hex(const char *hex, struct tsig_message *out_message)
{
    out_message->len = text_from_hex(hex, out_message->octets, sizeof(out_message->octets));
    out_message->at = tsig_find(out_message->octets, out_message->len);
}

void tsig_query(struct tsig_message *out_message)
{
    tsig_from_hex("123400000001000000000000067375616e797504746573740000060001", out_message);
}

struct dns_tsig_rr tsig_rr(const struct dns_tsig_key *key)
{
    struct dns_tsig_rr rr = {0};
    static uint8_t id[] = {0x12, 0x34};
    const struct wr wr = wr_make(id, sizeof(id));
    dns_tsig_rr_init(&rr, key, &wr, TSIG_NOW);
    rr.mac_len = key->algorithm->octets;
    return rr;
}

void tsig_sign_as(struct tsig_message *message, struct mac *mac, const struct dns_tsig_key *key,
                  const struct dns_tsig_rr *rr, const uint8_t *prior, size_t prior_len)
{
    uint8_t octets[256] = {0};
    size_t len;
    mac_begin(mac, key->mac);
    if (prior) {
        dns_tsig_rr_mac_prior(mac, prior, prior_len);
    }
    mac_update(mac, (uint8_t[]){(uint8_t)(rr->original_id >> 8), (uint8_t)rr->original_id}, 2);
    mac_update(mac, message->octets + 2, message->len - 2);
    dns_tsig_rr_mac_variables(mac, key, rr);
    CHECK(mac_end(mac, octets, &len) == 0);
    struct dns_tsig_rr sent = *rr;
    sent.mac = octets;
    struct wr wr = wr_make(message->octets, sizeof(message->octets));
    wr.pos += message->len;
    message->at = message->len;
    CHECK(dns_tsig_rr_write(&wr, &sent) == 0);
    message->len = wr_len(&wr);
}
