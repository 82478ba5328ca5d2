#include "server/notify_sign.h"

#include "zones/dns_read.h"

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

/* Offset of the TSIG record, 0 without one; false: the message can not be read. */
static bool find_signature(const uint8_t *data, size_t len, size_t *out_at)
{
    struct dns_message message;
    struct dns_question question;
    struct dns_rr rr;
    size_t at = 0, next;
    if (dns_read_message(&message, data, len)) {
        return false;
    }
    while (dns_read_message_question(&message, &question)) {
    }
    next = (size_t)(message.rd.pos - message.rd.base);
    while (dns_read_message_next(&message, &rr)) {
        at = next; /* where the record began: TSIG is the last one */
        next = (size_t)(message.rd.pos - message.rd.base);
    }
    *out_at = message.has_tsig ? at : 0;
    return message.rd.err == 0;
}

bool notify_sign_is_answer(struct dns_tsig_client *client, struct mac *mac,
                           const struct dns_tsig_ring *ring, const uint8_t *key, uint64_t now_s,
                           const uint8_t *message, size_t len, uint16_t *out_hint)
{
    size_t at;
    const struct dns_tsig_key *found = dns_tsig_ring_find(ring, key);
    if (!found || !find_signature(message, len, &at)) {
        return false;
    }
    /* The exchange is verified as it was signed: one that proves nothing leaves it as it is. */
    struct dns_tsig_client copy = *client;
    copy.key = found;
    const enum dns_tsig_client_verdict verdict =
        dns_tsig_client_verify(&copy, mac, message, len, at, now_s);
    *out_hint = copy.error ? copy.error : *out_hint;
    return verdict == DNS_TSIG_CLIENT_GOOD || verdict == DNS_TSIG_CLIENT_ERROR;
}
