#include "zones/dns_tsig.h"

#include <string.h>

#include "base/err.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"

enum { OTHER_TIME = 6 }; /* octets of other data in BADTIME */

enum reply { NONE, BARE, SIGNED };

static const struct {
    uint16_t rcode, error;
    enum reply reply;
    const char *text;
} verdicts[] = {
#define VERDICT(name, rcode, error, reply, text)                                                   \
    [DNS_TSIG_##name] = {DNS_RCODE_##rcode, DNS_RCODE_##error, reply, text},
#include "zones/dns_tsig_rr.def"
};

static enum dns_tsig_verdict verify_mac(struct mac *mac, const struct dns_tsig_key *key,
                                        const struct dns_tsig_rr *rr, const uint8_t *message,
                                        size_t at, uint64_t now_s)
{
    mac_begin(mac, key->mac);
    dns_tsig_rr_mac_message(mac, message, at, rr->original_id);
    dns_tsig_rr_mac_variables(mac, key, rr);
    return dns_tsig_rr_judge(mac, key, rr, now_s);
}

static enum dns_tsig_verdict check(struct dns_tsig *tsig, struct mac *mac,
                                   const struct dns_tsig_ring *ring, const struct dns_tsig_rr *rr,
                                   uint64_t now_s)
{
    const struct dns_tsig_key *key = dns_tsig_ring_find(ring, rr->name);
    /* RFC 8945 5.2.1, and section 10: a key is good for its own algorithm only */
    if (!key || !dns_name_equal(rr->algorithm, dns_tsig_key_algorithm(key))) {
        return DNS_TSIG_BADKEY;
    }
    tsig->key = key;
    if (!dns_tsig_rr_is_whole(key, rr)) { /* RFC 8945 5.2.2.1 */
        return DNS_TSIG_FORMERR;
    }
    memcpy(tsig->mac, rr->mac, rr->mac_len);
    tsig->mac_len = (uint8_t)rr->mac_len;
    return verify_mac(mac, key, rr, tsig->message, tsig->at, now_s);
}

enum dns_tsig_verdict dns_tsig_verify(struct dns_tsig *tsig, struct mac *mac,
                                      const struct dns_tsig_ring *ring, const uint8_t *message,
                                      size_t len, size_t at, uint64_t now_s)
{
    struct dns_tsig_rr rr;
    *tsig = (struct dns_tsig){.verdict = DNS_TSIG_FORMERR, .message = message};
    if (len > DNS_MESSAGE_MAX || dns_tsig_rr_read(message, len, at, &rr)) {
        return DNS_TSIG_FORMERR;
    }
    tsig->message_len = (uint16_t)len;
    tsig->at = (uint16_t)at;
    tsig->names_len = (uint16_t)(rr.name_len + rr.algorithm_len);
    tsig->original_id = rr.original_id;
    tsig->time_s = rr.time_s;
    tsig->fudge_s = rr.fudge_s;
    tsig->verdict = check(tsig, mac, ring, &rr, now_s);
    return tsig->verdict;
}

size_t dns_tsig_reserve(const struct dns_tsig *tsig)
{
    switch (verdicts[tsig->verdict].reply) {
    case NONE:
        break;
    case BARE:
        return tsig->names_len + (size_t)DNS_TSIG_RR_FIXED;
    case SIGNED:
        return dns_tsig_rr_reserve(tsig->key) +
               (tsig->verdict == DNS_TSIG_BADTIME ? (size_t)OTHER_TIME : 0);
    }
    return 0;
}

/* RFC 8945 5.3.2: names and times as in the request, no MAC. A key that is not ours has its names
 * in the request alone. */
static int append_bare(const struct dns_tsig *tsig, struct wr *wr)
{
    struct dns_tsig_rr rr;
    const int err = dns_tsig_rr_read(tsig->message, tsig->message_len, tsig->at, &rr);
    if (err) {
        return err;
    }
    rr.mac_len = 0;
    rr.other_len = 0;
    rr.original_id = (uint16_t)(wr->base[0] << 8 | wr->base[1]);
    rr.error = verdicts[tsig->verdict].error;
    return dns_tsig_rr_write(wr, &rr);
}

static int append_signed(const struct dns_tsig *tsig, struct mac *mac, uint64_t now_s,
                         struct wr *wr)
{
    struct dns_tsig_rr rr;
    uint8_t other[OTHER_TIME];
    dns_tsig_rr_init(&rr, tsig->key, wr, now_s);
    rr.error = verdicts[tsig->verdict].error;
    if (tsig->verdict == DNS_TSIG_BADTIME) { /* RFC 8945 5.2.3: the client's times, and ours */
        struct wr time = wr_make(other, sizeof(other));
        wr_uint(&time, now_s, sizeof(other));
        rr.time_s = tsig->time_s;
        rr.fudge_s = tsig->fudge_s;
        rr.other = other;
        rr.other_len = sizeof(other);
    }
    uint8_t sent[MAC_MAX], sent_len;
    mac_begin(mac, tsig->key->mac);
    dns_tsig_rr_mac_prior(mac, tsig->mac, tsig->mac_len);
    mac_update(mac, wr->base, wr_len(wr));
    dns_tsig_rr_mac_variables(mac, tsig->key, &rr);
    return dns_tsig_rr_append(mac, tsig->key, &rr, wr, sent, &sent_len);
}

int dns_tsig_sign(const struct dns_tsig *tsig, struct mac *mac, uint64_t now_s, struct wr *wr)
{
    if (wr->err) {
        return wr->err;
    }
    switch (verdicts[tsig->verdict].reply) {
    case NONE:
        break;
    case BARE:
        return append_bare(tsig, wr);
    case SIGNED:
        return append_signed(tsig, mac, now_s, wr);
    }
    return 0;
}

unsigned dns_tsig_rcode(enum dns_tsig_verdict verdict)
{
    return verdicts[verdict].rcode;
}

const char *dns_tsig_text(enum dns_tsig_verdict verdict)
{
    return verdicts[verdict].text;
}
