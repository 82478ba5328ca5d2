#include "server/notify_sign.h"

#include "server/request.h"

bool notify_sign_request(struct dns_tsig_client *client, struct mac *mac,
                         const struct dns_tsig_ring *ring, const uint8_t *key, uint64_t now_s,
                         uint8_t *message, size_t *len, size_t size)
{
    const struct dns_tsig_key *found = dns_tsig_ring_find(ring, key);
    struct wr wr = wr_make(message, size);
    if (!found) {
        return false;
    }
    wr.pos += *len;
    *client = (struct dns_tsig_client){0};
    if (dns_tsig_client_sign(client, mac, found, now_s, &wr)) {
        return false;
    }
    *len = wr_len(&wr);
    return true;
}

bool notify_sign_is_answer(struct dns_tsig_client *client, struct mac *mac,
                           const struct dns_tsig_ring *ring, const uint8_t *key, uint64_t now_s,
                           const uint8_t *message, size_t len, uint16_t *out_hint)
{
    const struct dns_tsig_key *found = dns_tsig_ring_find(ring, key);
    if (!found) {
        return false;
    }
    /* The exchange is verified as it was signed: one that proves nothing leaves it as it is. */
    struct dns_tsig_client copy = *client;
    copy.key = found;
    const enum dns_tsig_client_verdict verdict =
        dns_tsig_client_verify(&copy, mac, message, len, request_find_tsig(message, len), now_s);
    *out_hint = copy.error ? copy.error : *out_hint;
    return verdict == DNS_TSIG_CLIENT_GOOD || verdict == DNS_TSIG_CLIENT_ERROR;
}
