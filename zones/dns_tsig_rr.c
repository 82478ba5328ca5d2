#include "zones/dns_tsig_rr.h"

#include <string.h>

#include "base/check.h"
#include "base/err.h"
#include "zones/dns_code.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"

enum {
    TIME_OCTETS = 6,
    RR_FIXED = 10,    /* type, class, TTL, RDLENGTH */
    RDATA_FIXED = 16, /* all but the algorithm name, the MAC and other data */
    ARCOUNT_AT = 10,
};
_Static_assert(RR_FIXED + RDATA_FIXED == DNS_TSIG_RR_FIXED, "octets of a record");

static int read_rdata(const struct dns_rr *rr, struct dns_tsig_rr *out_rr)
{
    out_rr->algorithm = rr->rdata;
    out_rr->algorithm_len = dns_name_measure(rr->rdata, rr->rdlen);
    if (out_rr->algorithm_len == 0) { /* RFC 8945 4.2: never compressed */
        return ERR_RDATA;
    }
    struct rd rd = rd_make(rr->rdata, rr->rdlen);
    rd_take(&rd, out_rr->algorithm_len);
    out_rr->time_s = rd_uint(&rd, TIME_OCTETS);
    out_rr->fudge_s = rd_u16(&rd);
    out_rr->mac_len = rd_u16(&rd);
    out_rr->mac = rd_take(&rd, out_rr->mac_len);
    out_rr->original_id = rd_u16(&rd);
    out_rr->error = rd_u16(&rd);
    out_rr->other_len = rd_u16(&rd);
    out_rr->other = rd_take(&rd, out_rr->other_len);
    return rd.err || rd_left(&rd) > 0 ? ERR_RDATA : 0;
}

int dns_tsig_rr_read(const uint8_t *message, size_t len, size_t at, struct dns_tsig_rr *out_rr)
{
    struct rd rd = rd_make(message, len);
    struct dns_header header;
    struct dns_rr rr;
    if (dns_read_header(&rd, &header) || at < DNS_HEADER_LEN || at > len) {
        return ERR_SHORT;
    }
    rd.pos = message + at;
    if (dns_read_rr(&rd, &rr)) {
        return rd.err;
    }
    if (header.count[DNS_SECTION_ADDITIONAL] == 0 || rr.type != DNS_TYPE_TSIG ||
        rr.dns_class != DNS_CLASS_ANY || rr.ttl != 0) { /* RFC 8945 4.2 */
        return ERR_TYPE;
    }
    if (rd_left(&rd) > 0) { /* RFC 8945 5.1: the last record */
        return ERR_TRAILING;
    }
    memcpy(out_rr->name, rr.name, rr.name_len);
    out_rr->name_len = rr.name_len;
    return read_rdata(&rr, out_rr);
}

void dns_tsig_rr_init(struct dns_tsig_rr *rr, const struct dns_tsig_key *key, const struct wr *wr,
                      uint64_t time_s)
{
    memcpy(rr->name, dns_tsig_key_name(key), key->name_len);
    rr->name_len = key->name_len;
    rr->algorithm = dns_tsig_key_algorithm(key);
    rr->algorithm_len = key->algorithm_len;
    rr->time_s = time_s;
    rr->fudge_s = DNS_TSIG_FUDGE_S;
    rr->mac = NULL;
    rr->mac_len = 0;
    rr->original_id = (uint16_t)(wr->base[0] << 8 | wr->base[1]);
    rr->error = DNS_RCODE_NOERROR;
    rr->other = NULL;
    rr->other_len = 0;
}

size_t dns_tsig_rr_reserve(const struct dns_tsig_key *key)
{
    return (size_t)DNS_TSIG_RR_FIXED + key->name_len + key->algorithm_len + key->algorithm->octets;
}

static void count_record(struct wr *wr)
{
    const unsigned count = (unsigned)(wr->base[ARCOUNT_AT] << 8 | wr->base[ARCOUNT_AT + 1]);
    wr_patch_u16(wr, ARCOUNT_AT, count + 1);
}

int dns_tsig_rr_write(struct wr *wr, const struct dns_tsig_rr *rr)
{
    const size_t rdlen = rr->algorithm_len + RDATA_FIXED + rr->mac_len + rr->other_len;
    const size_t len = rr->name_len + RR_FIXED + rdlen;
    uint8_t *start = wr_take(wr, len);
    if (!start) {
        return wr->err;
    }
    struct wr out = wr_make(start, len);
    wr_bytes(&out, rr->name, rr->name_len);
    wr_u16(&out, DNS_TYPE_TSIG);
    wr_u16(&out, DNS_CLASS_ANY);
    wr_u32(&out, 0);
    wr_u16(&out, (unsigned)rdlen);
    wr_bytes(&out, rr->algorithm, rr->algorithm_len);
    wr_uint(&out, rr->time_s, TIME_OCTETS);
    wr_u16(&out, rr->fudge_s);
    wr_u16(&out, rr->mac_len);
    wr_bytes(&out, rr->mac, rr->mac_len);
    wr_u16(&out, rr->original_id);
    wr_u16(&out, rr->error);
    wr_u16(&out, rr->other_len);
    wr_bytes(&out, rr->other, rr->other_len);
    count_record(wr);
    return 0;
}

void dns_tsig_rr_mac_prior(struct mac *mac, const uint8_t *prior, size_t len)
{
    uint8_t octets[2 + MAC_MAX];
    struct wr wr = wr_make(octets, sizeof(octets));
    wr_u16(&wr, (unsigned)len);
    wr_bytes(&wr, prior, len);
    mac_update(mac, octets, wr_len(&wr));
}

void dns_tsig_rr_mac_message(struct mac *mac, const uint8_t *message, size_t at,
                             uint16_t original_id)
{
    uint8_t header[DNS_HEADER_LEN];
    memcpy(header, message, sizeof(header));
    const unsigned count = (unsigned)(header[ARCOUNT_AT] << 8 | header[ARCOUNT_AT + 1]);
    struct wr wr = wr_make(header, sizeof(header));
    wr_u16(&wr, original_id);
    wr.pos = wr.end;
    wr_patch_u16(&wr, ARCOUNT_AT, count - 1);
    mac_update(mac, header, sizeof(header));
    mac_update(mac, message + sizeof(header), at - sizeof(header));
}

void dns_tsig_rr_mac_variables(struct mac *mac, const struct dns_tsig_key *key,
                               const struct dns_tsig_rr *rr)
{
    mac_update(mac, key->fixed, key->fixed_len);
    dns_tsig_rr_mac_timers(mac, rr);
    uint8_t octets[4];
    struct wr wr = wr_make(octets, sizeof(octets));
    wr_u16(&wr, rr->error);
    wr_u16(&wr, rr->other_len);
    mac_update(mac, octets, sizeof(octets));
    mac_update(mac, rr->other, rr->other_len);
}

void dns_tsig_rr_mac_timers(struct mac *mac, const struct dns_tsig_rr *rr)
{
    uint8_t octets[TIME_OCTETS + 2];
    struct wr wr = wr_make(octets, sizeof(octets));
    wr_uint(&wr, rr->time_s, TIME_OCTETS);
    wr_u16(&wr, rr->fudge_s);
    mac_update(mac, octets, sizeof(octets));
}

bool dns_tsig_rr_is_whole(const struct dns_tsig_key *key, const struct dns_tsig_rr *rr)
{
    return rr->mac_len <= key->algorithm->octets &&
           rr->mac_len >= dns_tsig_algorithm_least(key->algorithm);
}

enum dns_tsig_verdict dns_tsig_rr_judge(struct mac *mac, const struct dns_tsig_key *key,
                                        const struct dns_tsig_rr *rr, uint64_t now_s)
{
    uint8_t computed[MAC_MAX];
    size_t len;
    if (mac_end(mac, computed, &len)) {
        return DNS_TSIG_FAILED;
    }
    CHECK(rr->mac_len <= len);
    if (!mac_equal(computed, rr->mac, rr->mac_len)) {
        return DNS_TSIG_BADSIG;
    }
    const uint64_t apart = now_s > rr->time_s ? now_s - rr->time_s : rr->time_s - now_s;
    if (apart > rr->fudge_s) {
        return DNS_TSIG_BADTIME;
    }
    return rr->mac_len < key->mac_min ? DNS_TSIG_BADTRUNC : DNS_TSIG_GOOD;
}

int dns_tsig_rr_append(struct mac *mac, const struct dns_tsig_key *key, struct dns_tsig_rr *rr,
                       struct wr *wr, uint8_t *out_mac, uint8_t *out_len)
{
    uint8_t computed[MAC_MAX];
    size_t len;
    int err = mac_end(mac, computed, &len);
    if (err) {
        return err;
    }
    rr->mac = computed; /* its first octets: the whole, or as the algorithm truncates it */
    rr->mac_len = key->algorithm->octets;
    err = dns_tsig_rr_write(wr, rr);
    if (!err) {
        memcpy(out_mac, computed, rr->mac_len);
        *out_len = key->algorithm->octets;
    }
    rr->mac = NULL;
    return err;
}
