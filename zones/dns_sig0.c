#include "zones/dns_sig0.h"

#include <string.h>

#include "zones/dns_code.h"
#include "zones/dns_read.h"
#include "zones/dns_serial.h"
#include "zones/dns_type.h"

enum {
    ED25519_KEY = 32, /* octets */
    P256_KEY = 64,
    PROTOCOL_DNSSEC = 3,
    FLAG_NO_AUTHENTICATION = 0x8000, /* RFC 2535 3.1.2 */
};

static const struct {
    uint16_t rcode, ede;
    const char *text;
} verdicts[] = {
#define VERDICT(name, rcode, ede, text) {DNS_RCODE_##rcode, DNS_EDE_##ede, text},
#include "zones/dns_sig0.def"
};

static bool is_algorithm(uint8_t algorithm)
{
    return algorithm == DNS_SIG0_ECDSAP256SHA256 || algorithm == DNS_SIG0_ED25519;
}

/* RDATA; the signer's name may point back into the message (RFC 2535 4.1.7, RFC 9665). */
static enum dns_sig0_verdict read_rdata(struct rd *rd, struct dns_sig0 *sig0)
{
    sig0->fixed = rd_take(rd, DNS_SIG0_FIXED);
    if (!sig0->fixed) {
        return DNS_SIG0_FORMERR;
    }
    struct rd fixed = rd_make(sig0->fixed, DNS_SIG0_FIXED);
    uint16_t covered = rd_u16(&fixed);
    sig0->algorithm = rd_u8(&fixed);
    rd_take(&fixed, 5); /* labels and original TTL say nothing here */
    sig0->expiration_s = rd_u32(&fixed);
    sig0->inception_s = rd_u32(&fixed);
    sig0->key_tag = rd_u16(&fixed);
    if (covered != 0 || dns_name_read(rd, sig0->signer, &sig0->signer_len)) {
        return DNS_SIG0_FORMERR;
    }
    if (!is_algorithm(sig0->algorithm)) {
        return DNS_SIG0_ALGORITHM;
    }
    bool is_whole = rd_left(rd) == DNS_SIG0_SIGNATURE;
    sig0->signature = rd->pos;
    return is_whole ? DNS_SIG0_GOOD : DNS_SIG0_FORMERR;
}

enum dns_sig0_verdict dns_sig0_read(const uint8_t *message, size_t len, size_t at,
                                    struct dns_sig0 *out_sig0)
{
    struct rd rd = rd_make(message, len);
    struct dns_header header;
    struct dns_rr rr;
    if (dns_read_header(&rd, &header) || at < DNS_HEADER_LEN || at > len) {
        return DNS_SIG0_FORMERR;
    }
    rd.pos = message + at;
    if (dns_read_rr(&rd, &rr) || rd_left(&rd) > 0 || header.count[DNS_SECTION_ADDITIONAL] == 0) {
        return DNS_SIG0_FORMERR;
    }
    if (rr.type != DNS_TYPE_SIG || rr.name_len != 1 || rr.dns_class != DNS_CLASS_ANY ||
        rr.ttl != 0) { /* RFC 2931 section 3 */
        return DNS_SIG0_FORMERR;
    }
    out_sig0->at = at;
    struct rd rdata = {message, rr.rdata, rr.rdata + rr.rdlen, 0};
    return read_rdata(&rdata, out_sig0);
}

enum dns_sig0_verdict dns_sig0_check_time(const struct dns_sig0 *sig0, int64_t now_s,
                                          bool clockless)
{
    uint32_t now = (uint32_t)now_s;
    if (clockless && sig0->expiration_s == 0 && sig0->inception_s == 0) {
        return DNS_SIG0_GOOD;
    }
    if (dns_serial_is_after(sig0->inception_s, now + DNS_SIG0_EARLY_S)) {
        return DNS_SIG0_EARLY;
    }
    if (sig0->expiration_s != now && !dns_serial_is_after(sig0->expiration_s, now)) {
        return DNS_SIG0_EXPIRED;
    }
    return dns_serial_is_after(sig0->expiration_s, now + DNS_SIG0_VALID_MAX) ? DNS_SIG0_LONG
                                                                             : DNS_SIG0_GOOD;
}

bool dns_sig0_key_read(const uint8_t *rdata, size_t len, struct dns_sig0_key *out_key)
{
    struct rd rd = rd_make(rdata, len);
    uint16_t flags = rd_u16(&rd);
    uint8_t protocol = rd_u8(&rd), algorithm = rd_u8(&rd);
    size_t wanted = algorithm == DNS_SIG0_ED25519 ? ED25519_KEY : P256_KEY;
    if (rd.err || (flags & FLAG_NO_AUTHENTICATION) || protocol != PROTOCOL_DNSSEC ||
        !is_algorithm(algorithm) || rd_left(&rd) != wanted) {
        return false;
    }
    out_key->len = (uint8_t)len;
    memcpy(out_key->rdata, rdata, len);
    return true;
}

uint16_t dns_sig0_key_tag(const struct dns_sig0_key *key)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < key->len; i++) {
        sum += i & 1 ? key->rdata[i] : (uint32_t)key->rdata[i] << 8;
    }
    return (uint16_t)(sum + (sum >> 16));
}

bool dns_sig0_key_fits(const struct dns_sig0_key *key, const struct dns_sig0 *sig0)
{
    return key->rdata[DNS_SIG0_KEY_FIXED - 1] == sig0->algorithm &&
           dns_sig0_key_tag(key) == sig0->key_tag;
}

unsigned dns_sig0_rcode(enum dns_sig0_verdict verdict)
{
    return verdicts[verdict].rcode;
}

unsigned dns_sig0_ede(enum dns_sig0_verdict verdict)
{
    return verdicts[verdict].ede;
}

const char *dns_sig0_text(enum dns_sig0_verdict verdict)
{
    return verdicts[verdict].text;
}
