#include "server/query_decode.h"

#include <string.h>

#include "server/query_cookie.h"
#include "server/query_sig0.h"
#include "server/query_secondary.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_type.h"
#include "zones/dns_serial.h"

enum { PLAIN_SIZE = 512, QUESTION_FIXED = 4, OPTION_FIXED = 4, SOA_FIXED = 20 };
enum { TSIG_FIXED = 26, TSIG_TIME_LEN = 8, TSIG_ID_ERROR_LEN = 4 }; /* time signed and fudge */

static enum query_verdict refuse(struct query *query, unsigned rcode)
{
    query->rcode = (uint16_t)rcode;
    return QUERY_ERROR;
}

static enum query_verdict malformed(struct query *query)
{
    query->rcode = DNS_RCODE_FORMERR;
    return QUERY_HEADER;
}

/* The question straight from the message: no pointer can be right in the first name (it would
 * aim at the header). */
static bool read_question(struct query *query)
{
    const uint8_t *at = query->message + DNS_HEADER_LEN;
    size_t left = query->len - DNS_HEADER_LEN;
    size_t len = dns_name_measure(at, left);
    if (len == 0 || left - len < QUESTION_FIXED) {
        return false;
    }
    query->name_len = (uint8_t)len;
    query->question_len = len + QUESTION_FIXED;
    query->type = (uint16_t)(at[len] << 8 | at[len + 1]);
    query->dns_class = (uint16_t)(at[len + 2] << 8 | at[len + 3]);
    query->has_question = true;
    dns_name_lower(at, len, query->name);
    wr_bytes(&query->out, at, query->question_len);
    return true;
}

/* Serial of a SOA record, 0 when it is malformed. */
static uint32_t serial_of(const struct rd *message, const struct dns_rr *rr)
{
    uint8_t rdata[2 * DNS_NAME_MAX + SOA_FIXED];
    struct wr wr = wr_make(rdata, sizeof(rdata));
    struct dns_soa soa;
    bool bad = dns_read_rdata(message, rr, &wr) || dns_rdata_soa(rdata, wr_len(&wr), &soa);
    return bad ? 0 : soa.serial;
}

/* The rest of a message that is more than a question and an OPT record. */
static bool read_records(struct query *query)
{
    struct dns_message message;
    struct dns_question question;
    struct dns_rr rr = {.type = 0};
    unsigned sigs = 0;
    dns_read_message(&message, query->message, query->len);
    while (dns_read_message_question(&message, &question)) {
    }
    size_t at = wr_len(&query->out), next = at; /* the question was copied as it stands */
    while (dns_read_message_next(&message, &rr)) {
        at = next; /* where the record began: TSIG is the last one */
        next = (size_t)(message.rd.pos - message.rd.base);
        sigs += message.section == DNS_SECTION_ADDITIONAL && rr.type == DNS_TYPE_SIG;
        if (message.section == DNS_SECTION_AUTHORITY && rr.type == DNS_TYPE_SOA) {
            query->client_serial = serial_of(&message.rd, &rr);
        }
    }
    query->edns = message.edns;
    query->tsig_at = message.has_tsig ? at : 0;
    query->sig0_at = sigs > 0 ? at : 0;
    bool is_last = sigs == 1 && rr.type == DNS_TYPE_SIG; /* RFC 2931 section 3 */
    return message.rd.err == 0 && (sigs == 0 || is_last);
}

/* What stands behind the question; most queries end there or carry one OPT record. */
static bool read_rest(struct query *query, const struct dns_header *header)
{
    struct rd rd = rd_make(query->message, query->len);
    rd.pos += DNS_HEADER_LEN + query->question_len;
    unsigned others = header->count[DNS_SECTION_ANSWER] + header->count[DNS_SECTION_AUTHORITY];
    if (others == 0 && header->count[DNS_SECTION_ADDITIONAL] == 0) {
        return rd_left(&rd) == 0;
    }
    if (others == 0 && header->count[DNS_SECTION_ADDITIONAL] == 1 &&
        dns_edns_read(&rd, &query->edns) == 0) {
        return rd_left(&rd) == 0;
    }
    query->edns = (struct dns_edns){0};
    return read_records(query);
}

static bool is_cookie_of(const struct query *query, const uint8_t *secret)
{
    const uint8_t *cookie = query->asked.cookie;
    return query_cookie_check(secret, query->peer, cookie, cookie + DNS_EDNS_COOKIE_LEN,
                              (uint32_t)query->now_s);
}

/* Cookies in their four states (RFC 7873 5.2). */
static void check_cookie(struct query *query)
{
    const struct world_options *options = &query->world->options;
    const struct dns_edns_asked *asked = &query->asked;
    if (!asked->cookie || !options->cookies) {
        stat_add(query->stat, STAT_cookie_none, 1);
        return;
    }
    if (asked->cookie_len == DNS_EDNS_COOKIE_LEN) {
        stat_add(query->stat, STAT_cookie_client, 1);
        return;
    }
    bool good = asked->cookie_len == DNS_EDNS_COOKIE_LEN + QUERY_COOKIE_LEN &&
                (is_cookie_of(query, options->cookie_secret) ||
                 is_cookie_of(query, options->cookie_previous));
    stat_add(query->stat, good ? STAT_cookie_good : STAT_cookie_bad, 1);
}

/* Octets that query_finish will need behind the sections, at most; extended errors take what is
 * left. */
static size_t reserve_of(const struct query *query)
{
    const struct world_options *options = &query->world->options;
    const struct dns_edns_asked *asked = &query->asked;
    size_t size = DNS_EDNS_LEN;
    if (asked->nsid && options->nsid && options->identity) {
        size += OPTION_FIXED + strlen(options->identity);
    }
    if (asked->cookie && options->cookies) {
        size += OPTION_FIXED + DNS_EDNS_COOKIE_LEN + QUERY_COOKIE_LEN;
    }
    size += asked->zone_version ? OPTION_FIXED + 6 : 0;
    size += asked->expire ? OPTION_FIXED + 4 : 0;
    size += asked->keepalive ? OPTION_FIXED + 2 : 0;
    size += asked->subnet && options->ecs ? OPTION_FIXED + dns_edns_subnet_len(&asked->client) : 0;
    return size;
}

/* How long the answer may be (RFC 6891 6.2.3), and room for what comes at its end. */
static void set_limit(struct query *query)
{
    if (query->peer->transport == QUERY_UDP) {
        size_t most = query->world->options.udp_payload;
        size_t asked = query->edns.present ? query->edns.udp_size : PLAIN_SIZE;
        size_t limit = asked < most ? asked : most;
        query->limit = limit < query->limit ? limit : query->limit;
    }
    query->reserve = query->edns.present ? reserve_of(query) : 0;
    query->reserve += query->tsig_at > 0 ? dns_tsig_reserve(&query->tsig) : 0;
    size_t used = wr_len(&query->out);
    size_t end = query->limit > query->reserve + used ? query->limit - query->reserve : used;
    query->out.end = query->out.base + end;
}

/* Types that no zone answers (RFC 6895 3.1, RFC 9824 3.2). */
static enum query_verdict check_type(struct query *query)
{
    switch (query->type) {
    case 0:
    case DNS_TYPE_OPT:
    case DNS_TYPE_TSIG:
        return refuse(query, DNS_RCODE_FORMERR);
    case DNS_TYPE_NXNAME:
        return query_refuse(query, DNS_RCODE_FORMERR, DNS_EDE_INVALID_QUERY_TYPE,
                            "NXNAME is no type to ask for");
    case DNS_TYPE_TKEY:
    case DNS_TYPE_MAILA:
    case DNS_TYPE_MAILB:
        return refuse(query, DNS_RCODE_NOTIMP);
    case DNS_TYPE_AXFR: /* RFC 5936 4.2: not over UDP */
    case DNS_TYPE_IXFR: /* RFC 1995 3: with the client's SOA */
        if (query->type == DNS_TYPE_AXFR ? query->peer->transport == QUERY_UDP
                                         : !query->has_authority) {
            return refuse(query, DNS_RCODE_FORMERR);
        }
    }
    return QUERY_LOOKUP;
}

static const uint8_t *signer_of(const struct query *query)
{
    return query->tsig_at > 0 ? dns_tsig_key_name(query->tsig.key) : NULL;
}

/* A zone that is hidden answers those who may fetch it: they ask for its SOA first. */
static enum query_verdict check_hidden(struct query *query)
{
    struct policy_who who = {query->peer, signer_of(query), NULL};
    if (policy_may_transfer(rules_policy(query->world->rules, zone_name(query->zone)), &who)) {
        return QUERY_LOOKUP;
    }
    return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED,
                        "only who may fetch this zone may ask it");
}

/* Transfers: authorised before anything is spent (threats row 14). An IXFR that is up to date, or
 * comes by UDP, gets the SOA alone (RFC 1995 2 and 4). */
static enum query_verdict check_transfer(struct query *query)
{
    if (zone_labels(query->zone) != query->labels.count) {
        return query_refuse(query, DNS_RCODE_NOTAUTH, DNS_EDE_NOT_AUTHORITATIVE,
                            "no zone of this name is served here");
    }
    struct policy_who who = {.peer = query->peer, .key = signer_of(query)};
    if (!policy_may_transfer(rules_policy(query->world->rules, zone_name(query->zone)), &who)) {
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED,
                            "no rule lets this peer fetch the zone");
    }
    bool is_news =
        dns_serial_is_after(zone_serial(query->zone, query->version), query->client_serial);
    if (query->type == DNS_TYPE_IXFR && (!is_news || query->peer->transport == QUERY_UDP)) {
        query->type = DNS_TYPE_SOA;
        return QUERY_LOOKUP;
    }
    return QUERY_TRANSFER;
}

/* The zone that answers. DS at the apex of a zone is the parent's, if that is ours too (RFC 4035
 * 3.1.4.1). */
static enum query_verdict find_zone(struct query *query)
{
    dns_name_index(&query->world->zones_key, query->name, &query->labels);
    query->zone = zone_set_find(query->world->zones, query->name, &query->labels, 0);
    if (query->zone && query->type == DNS_TYPE_DS &&
        zone_labels(query->zone) == query->labels.count && query->labels.count > 0) {
        struct zone *parent = zone_set_find(query->world->zones, query->name, &query->labels, 1);
        query->zone = parent ? parent : query->zone;
    }
    if (!query->zone) {
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_NOT_AUTHORITATIVE,
                            "no zone served here holds this name");
    }
    query->version = zone_version(query->zone);
    if (query->version == 0) { /* a stand-in: server/held.h */
        return query_refuse(query, DNS_RCODE_SERVFAIL, DNS_EDE_NOT_READY,
                            "the zone was not fetched from its primary yet, or is too old");
    }
    return QUERY_LOOKUP;
}

static enum query_verdict check_question(struct query *query)
{
    if (query->dns_class == DNS_CLASS_CH) {
        stat_add(query->stat, STAT_query_chaos, 1);
        return QUERY_CHAOS;
    }
    enum query_verdict verdict = check_type(query);
    if (verdict != QUERY_LOOKUP) {
        return verdict;
    }
    if (query->dns_class != DNS_CLASS_IN) {
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_NOT_AUTHORITATIVE,
                            "only classes IN and CH are served");
    }
    verdict = find_zone(query);
    bool is_transfer = query->type == DNS_TYPE_AXFR || query->type == DNS_TYPE_IXFR;
    if (verdict == QUERY_LOOKUP && is_transfer) {
        verdict = query->takes_transfers || query->peer->transport == QUERY_UDP
                      ? check_transfer(query)
                      : query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_NOT_SUPPORTED,
                                     "zone transfer is not offered");
    } else if (verdict == QUERY_LOOKUP && zone_is_hidden(query->zone)) {
        verdict = check_hidden(query);
    }
    return verdict;
}

/* QDCOUNT 0 asks for a cookie (RFC 7873 5.4); any other count but 1 is malformed (RFC 9619). */
static enum query_verdict check_counts(struct query *query, const struct dns_header *header)
{
    if (header->count[DNS_SECTION_QUESTION] > 1 ||
        (header->count[DNS_SECTION_QUESTION] == 1 && !read_question(query)) ||
        !read_rest(query, header)) {
        return malformed(query);
    }
    bool is_transfer = query->type == DNS_TYPE_IXFR; /* carries the client's SOA (RFC 1995 3) */
    query->has_authority = header->count[DNS_SECTION_AUTHORITY] > 0;
    if (header->count[DNS_SECTION_ANSWER] > 0 || (query->has_authority && !is_transfer)) {
        return malformed(query);
    }
    return QUERY_LOOKUP;
}

static enum query_verdict check_edns(struct query *query)
{
    if (!query->edns.present) {
        stat_add(query->stat, STAT_cookie_none, 1);
        return QUERY_LOOKUP;
    }
    stat_add(query->stat, STAT_edns, 1);
    if (query->edns.version > 0) { /* RFC 6891 6.1.3: before its options are looked at */
        return refuse(query, DNS_RCODE_BADVERS);
    }
    if (query->edns.options_len > 0 && dns_edns_scan(&query->edns, &query->asked)) {
        query->asked = (struct dns_edns_asked){0};
        return refuse(query, DNS_RCODE_FORMERR);
    }
    check_cookie(query);
    return QUERY_LOOKUP;
}

/* RFC 8945 5.2: whoever signs is known from here on, or the answer says why not. */
static enum query_verdict check_signature(struct query *query)
{
    if (query->tsig_at == 0) {
        return QUERY_LOOKUP;
    }
    enum dns_tsig_verdict verdict =
        dns_tsig_verify(&query->tsig, query->mac, rules_ring(query->world->rules), query->message,
                        query->len, query->tsig_at, (uint64_t)query->now_s);
    if (verdict == DNS_TSIG_FORMERR) {
        query->tsig_at = 0;
        return malformed(query);
    }
    return verdict == DNS_TSIG_GOOD ? QUERY_LOOKUP : refuse(query, dns_tsig_rcode(verdict));
}

/* RFC 2136 2.3, RFC 1996 3.7: exactly one zone; the other sections are read later. */
static enum query_verdict check_update_counts(struct query *query, const struct dns_header *header)
{
    if (header->count[DNS_SECTION_QUESTION] != 1 || !read_question(query) || !read_records(query) ||
        query->type != DNS_TYPE_SOA) {
        return malformed(query);
    }
    return QUERY_LOOKUP;
}

/* RFC 2136 3.1 and 3.3: is it ours, and may this peer change anything there? */
static enum query_verdict check_update(struct query *query)
{
    if (query->dns_class != DNS_CLASS_IN) {
        return refuse(query, DNS_RCODE_NOTAUTH);
    }
    dns_name_index(&query->world->zones_key, query->name, &query->labels);
    query->zone = zone_set_find(query->world->zones, query->name, &query->labels, 0);
    if (!query->zone || zone_labels(query->zone) != query->labels.count) {
        return query_refuse(query, DNS_RCODE_NOTAUTH, DNS_EDE_NOT_AUTHORITATIVE,
                            "no zone of this name is served here");
    }
    if (query->sig0_at > 0) {
        return query_sig0_check(query);
    }
    struct policy_who who = {.peer = query->peer, .key = signer_of(query)};
    if (!policy_may_update(rules_policy(query->world->rules, zone_name(query->zone)), &who)) {
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED,
                            "no rule lets this peer update the zone");
    }
    return QUERY_UPDATE;
}

static enum query_verdict decode(struct query *query)
{
    struct dns_header header;
    struct rd rd = rd_make(query->message, query->len);
    if (dns_read_header(&rd, &header)) {
        stat_add(query->stat, STAT_drop_short, 1);
        return QUERY_DROP;
    }
    query->id = header.id;
    query->flags = header.flags;
    if (header.flags &
        DNS_FLAG_QR) { /* RFC 8906 and threats row 31: answering answers makes loops */
        stat_add(query->stat, STAT_drop_response, 1);
        return QUERY_DROP;
    }
    unsigned opcode = dns_read_opcode(header.flags);
    bool is_update = opcode == DNS_OPCODE_UPDATE && query->takes_updates;
    bool is_notify = opcode == DNS_OPCODE_NOTIFY && query->takes_notifies;
    if (opcode != DNS_OPCODE_QUERY && !is_update && !is_notify) {
        stat_add(query->stat, STAT_query_notimp, 1);
        query->rcode = DNS_RCODE_NOTIMP;
        return QUERY_HEADER;
    }
    enum query_verdict verdict =
        is_update || is_notify ? check_update_counts(query, &header) : check_counts(query, &header);
    if (verdict != QUERY_LOOKUP) {
        return verdict;
    }
    query->secondary = is_update ? query_secondary_find(query) : NULL;
    verdict = query->secondary ? QUERY_LOOKUP : check_signature(query);
    verdict = verdict == QUERY_LOOKUP ? check_edns(query) : verdict;
    set_limit(query);
    if (verdict != QUERY_LOOKUP) {
        return verdict;
    }
    if (is_notify) {
        return query_secondary_notify(query);
    }
    if (is_update) {
        return query->secondary ? query_secondary_update(query) : check_update(query);
    }
    if (!query->has_question) {
        return query->asked.cookie ? QUERY_ERROR : malformed(query);
    }
    return check_question(query);
}

void query_decode(struct query *query)
{
    query->verdict = decode(query);
}
