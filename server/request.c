#include "server/request.h"

#include "zones/dns_code.h"
#include "zones/dns_edns.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"
#include "zones/dns_write.h"

enum { PAYLOAD = 1232, SOA_MAX = 2 * DNS_NAME_MAX + 20 };

int request_key(const struct rules *rules, const uint8_t *name, const struct dns_tsig_key **out_key)
{
    *out_key = name ? dns_tsig_ring_find(rules_ring(rules), name) : NULL;
    return name && !*out_key ? ERR_MISSING : 0;
}

/* RFC 1995 3: the SOA of the version that we have. */
static void put_soa(struct dns_write *writer, const struct zone *zone)
{
    struct zone_records records =
        zone_node_records(zone_apex(zone, zone_version(zone)), DNS_TYPE_SOA);
    struct zone_rr rr;
    if (zone_node_next(&records.pos, records.end, &rr)) {
        dns_write_rr(writer, DNS_SECTION_AUTHORITY, zone_name(zone), DNS_TYPE_SOA, DNS_CLASS_IN,
                     rr.ttl_s, rr.rdata, rr.len);
    }
}

int request_write(const struct request_what *what, const struct dns_tsig_key *key,
                  struct dns_tsig_client *tsig, struct mac *mac, uint64_t now_s, struct wr *wr)
{
    struct dns_write writer;
    uint8_t options[8];
    size_t len;
    struct wr option = wr_make(options, sizeof(options));
    dns_edns_write_option(&option, DNS_EDNS_EXPIRE, NULL, 0);
    struct dns_edns edns = {
        .present = true, .udp_size = PAYLOAD, .options = options, .options_len = wr_len(&option)};
    dns_write_begin(&writer, wr->base, (size_t)(wr->end - wr->base), what->id,
                    DNS_OPCODE_QUERY << 11);
    dns_write_question(&writer, what->zone_name, what->type, DNS_CLASS_IN);
    if (what->type == DNS_TYPE_IXFR) {
        put_soa(&writer, what->zone);
    }
    dns_write_opt(&writer, &edns);
    int err = dns_write_end(&writer, &len);
    if (err) {
        return err;
    }
    wr->pos = wr->base + len;
    return key ? dns_tsig_client_sign(tsig, mac, key, now_s, wr) : 0;
}

size_t request_find_tsig(const uint8_t *data, size_t len)
{
    struct rd rd = rd_make(data, len);
    struct dns_header header;
    struct dns_question question;
    struct dns_rr rr;
    size_t at = 0;
    if (dns_read_header(&rd, &header)) {
        return 0;
    }
    for (unsigned i = 0; i < header.count[DNS_SECTION_QUESTION]; i++) {
        dns_read_question(&rd, &question);
    }
    unsigned count = 0;
    for (unsigned i = DNS_SECTION_ANSWER; i < DNS_SECTIONS; i++) {
        count += header.count[i];
    }
    rr.type = 0;
    for (unsigned i = 0; i < count && !rd.err; i++) {
        at = (size_t)(rd.pos - rd.base);
        dns_read_skip_rr(&rd, &rr);
    }
    bool is_last = !rd.err && rd_left(&rd) == 0 && rr.type == DNS_TYPE_TSIG;
    return is_last && header.count[DNS_SECTION_ADDITIONAL] > 0 ? at : 0;
}

const char *request_tsig_text(const struct dns_tsig_client *tsig)
{
    switch (tsig->error) {
    case 16: /* BADSIG and BADVERS are one number */
        return "the primary says BADSIG";
    case DNS_RCODE_BADKEY:
        return "the primary says BADKEY";
    case DNS_RCODE_BADTIME:
        return "the primary says BADTIME";
    case DNS_RCODE_BADTRUNC:
        return "the primary says BADTRUNC";
    }
    return "the answer is not signed";
}

static int read_soa(const struct rd *message, const struct dns_rr *rr, struct request_soa *out)
{
    uint8_t rdata[SOA_MAX];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    struct dns_soa soa;
    int err = dns_read_rdata(message, rr, &wr);
    err = err ? err : dns_rdata_soa(rdata, wr_len(&wr), &soa);
    if (!err) {
        out->has_soa = true;
        out->serial = soa.serial;
    }
    return err;
}

int request_read_soa(const uint8_t *zone_name, const uint8_t *data, size_t len,
                     struct request_soa *out_soa)
{
    struct dns_message message;
    struct dns_question question;
    struct dns_rr rr;
    int err = dns_read_message(&message, data, len);
    if (err) {
        return err;
    }
    const uint16_t flags = message.header.flags;
    *out_soa = (struct request_soa){.rcode = flags & 0xf, .is_cut = flags & DNS_FLAG_TC};
    if (dns_read_opcode(flags) != DNS_OPCODE_QUERY ||
        (dns_read_message_question(&message, &question) &&
         (question.type != DNS_TYPE_SOA || !dns_name_equal(question.name, zone_name)))) {
        return ERR_VALUE;
    }
    while (!err && dns_read_message_next(&message, &rr)) {
        if (message.section == DNS_SECTION_ANSWER && rr.type == DNS_TYPE_SOA &&
            rr.dns_class == DNS_CLASS_IN && dns_name_equal(rr.name, zone_name) &&
            (flags & DNS_FLAG_AA)) {
            err = read_soa(&message.rd, &rr, out_soa);
        }
    }
    out_soa->has_expire = dns_edns_read_expire(&message.edns, &out_soa->expire_s);
    return err ? err : message.rd.err;
}
