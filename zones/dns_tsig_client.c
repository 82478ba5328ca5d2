#include "zones/dns_tsig_client.h"

#include <string.h>

#include "zones/dns_code.h"
#include "zones/dns_name.h"

enum { OTHER_TIME = 6 }; /* octets of other data in BADTIME: RFC 8945 5.2.3 */

int dns_tsig_client_sign(struct dns_tsig_client *client, struct mac *mac,
                         const struct dns_tsig_key *key, uint64_t now_s, struct wr *wr)
{
    struct dns_tsig_rr rr;
    *client = (struct dns_tsig_client){.key = key};
    dns_tsig_rr_init(&rr, key, wr, now_s);
    mac_begin(mac, key->mac);
    mac_update(mac, wr->base, wr_len(wr));
    dns_tsig_rr_mac_variables(mac, key, &rr);
    return dns_tsig_rr_append(mac, key, &rr, wr, client->mac, &client->mac_len);
}

static enum dns_tsig_client_verdict bad(struct dns_tsig_client *client, enum dns_tsig_verdict why)
{
    client->why = why;
    client->broken = client->begun;
    return DNS_TSIG_CLIENT_BAD;
}

/* The MAC begins with the one before, and runs on over messages without TSIG: RFC 8945 5.3.1. */
static void begin_message(const struct dns_tsig_client *client, struct mac *mac)
{
    if (client->unsigned_count == 0) {
        mac_begin(mac, client->key->mac);
        dns_tsig_rr_mac_prior(mac, client->mac, client->mac_len);
    }
}

static enum dns_tsig_client_verdict take_unsigned(struct dns_tsig_client *client, struct mac *mac,
                                                  const uint8_t *message, size_t len)
{
    client->error = DNS_RCODE_NOERROR;
    if (!client->begun) { /* RFC 8945 5.3.1: the first message is signed */
        return DNS_TSIG_CLIENT_UNSIGNED;
    }
    if (client->unsigned_count == DNS_TSIG_CLIENT_UNSIGNED_MAX) {
        return bad(client, DNS_TSIG_BADSIG);
    }
    begin_message(client, mac);
    mac_update(mac, message, len);
    client->unsigned_count++;
    return DNS_TSIG_CLIENT_UNSIGNED;
}

static enum dns_tsig_verdict judge(const struct dns_tsig_client *client, struct mac *mac,
                                   const struct dns_tsig_rr *rr, const uint8_t *message, size_t at,
                                   uint64_t now_s)
{
    if (!dns_name_equal(rr->name, dns_tsig_key_name(client->key)) ||
        !dns_name_equal(rr->algorithm, dns_tsig_key_algorithm(client->key))) {
        return DNS_TSIG_BADKEY;
    }
    if (!dns_tsig_rr_is_whole(client->key, rr)) {
        return DNS_TSIG_FORMERR;
    }
    begin_message(client, mac);
    dns_tsig_rr_mac_message(mac, message, at, rr->original_id);
    if (client->begun) {
        dns_tsig_rr_mac_timers(mac, rr);
    } else {
        dns_tsig_rr_mac_variables(mac, client->key, rr);
    }
    return dns_tsig_rr_judge(mac, client->key, rr, now_s);
}

/* RFC 8945 5.4: the answer is the server's, whether it likes us or not. */
static enum dns_tsig_client_verdict take_signed(struct dns_tsig_client *client,
                                                const struct dns_tsig_rr *rr)
{
    if (client->begun) { /* only times were MACed: the error is not proven */
        client->error = DNS_RCODE_NOERROR;
    }
    if (client->error != DNS_RCODE_NOERROR) {
        const bool has_time = rr->error == DNS_RCODE_BADTIME && rr->other_len == OTHER_TIME;
        struct rd rd = rd_make(rr->other, rr->other_len);
        client->server_time_s = has_time ? rd_uint(&rd, OTHER_TIME) : 0;
        return DNS_TSIG_CLIENT_ERROR;
    }
    memcpy(client->mac, rr->mac, rr->mac_len);
    client->mac_len = (uint8_t)rr->mac_len;
    client->unsigned_count = 0;
    client->begun = true;
    return DNS_TSIG_CLIENT_GOOD;
}

enum dns_tsig_client_verdict dns_tsig_client_verify(struct dns_tsig_client *client, struct mac *mac,
                                                    const uint8_t *message, size_t len, size_t at,
                                                    uint64_t now_s)
{
    if (client->broken) {
        return DNS_TSIG_CLIENT_BAD;
    }
    if (at == 0) {
        return take_unsigned(client, mac, message, len);
    }
    struct dns_tsig_rr rr;
    if (dns_tsig_rr_read(message, len, at, &rr)) {
        return bad(client, DNS_TSIG_FORMERR);
    }
    client->error = rr.error;
    if (rr.mac_len == 0 && !client->begun) { /* RFC 8945 5.4.1: BADKEY or BADSIG */
        return DNS_TSIG_CLIENT_UNSIGNED;
    }
    const enum dns_tsig_verdict verdict = judge(client, mac, &rr, message, at, now_s);
    return verdict == DNS_TSIG_GOOD ? take_signed(client, &rr) : bad(client, verdict);
}

bool dns_tsig_client_is_whole(const struct dns_tsig_client *client)
{
    return client->begun && !client->broken && client->unsigned_count == 0;
}
