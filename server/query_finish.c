#include "server/query_finish.h"

#include <string.h>

#include "base/clock.h"
#include "server/query_cookie.h"
#include "server/query_put.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

enum { OPCODE_MASK = 0x7800, EDE_FIXED = 6, OPTION_FIXED = 4 };

/* A name of class CH and what it tells. */
static const char *chaos_text(const struct query *query)
{
    static const uint8_t version[][16] = {"\7version\6server", "\7version\4bind"};
    static const uint8_t identity[][16] = {"\2id\6server", "\10hostname\4bind"};
    const struct world_options *options = &query->world->options;
    for (unsigned i = 0; i < 2; i++) {
        if (dns_name_equal(query->name, version[i])) {
            return options->version;
        }
        if (dns_name_equal(query->name, identity[i])) {
            return options->identity;
        }
    }
    return NULL;
}

void query_finish_chaos(struct query *query)
{
    const char *text = chaos_text(query);
    bool is_text_type = query->type == DNS_TYPE_TXT || query->type == DNS_TYPE_ANY;
    if (!text || !is_text_type) {
        query->rcode = DNS_RCODE_REFUSED;
        return;
    }
    size_t len = strlen(text), mark = wr_len(&query->out);
    query->aa = true;
    wr_u16(&query->out, 0xc000 | DNS_HEADER_LEN);
    wr_u16(&query->out, DNS_TYPE_TXT);
    wr_u16(&query->out, DNS_CLASS_CH);
    wr_u32(&query->out, 0);
    wr_u16(&query->out, (unsigned)len + 1);
    wr_u8(&query->out, (unsigned)len);
    wr_bytes(&query->out, text, len);
    if (query->out.err) {
        query->out.err = 0;
        query->out.pos = query->out.base + mark;
        query->tc = true;
        return;
    }
    query->counts[0] = 1;
}

/* An option, where there is room: what was asked for in vain may be left out, a broken OPT may not. */
static void put_option(struct query *query, uint16_t code, const void *data, size_t len)
{
    if ((size_t)(query->out.end - query->out.pos) >= OPTION_FIXED + len) {
        dns_edns_write_option(&query->out, code, data, len);
    }
}

/* RFC 9660: the serial of exactly the version that the answer came from. */
static void put_zone_version(struct query *query)
{
    uint8_t data[6] = {(uint8_t)zone_labels(query->zone), 0};
    struct wr wr = wr_make(data + 2, 4);
    wr_u32(&wr, zone_serial(query->zone, query->version));
    put_option(query, DNS_EDNS_ZONEVERSION, data, sizeof(data));
}

/* RFC 7314: as a primary, the EXPIRE of the SOA; as a secondary, what is left of it. */
static uint32_t expire_of(const struct query *query, const struct dns_soa *soa)
{
    const struct secondary_zone *secondary =
        secondary_find(rules_secondaries(query->world->rules), zone_name(query->zone));
    const struct clock *clock = clock_system(); /* rarely asked for: no clock in each query */
    return secondary ? secondary_left_s(secondary->state, clock->mono_ns(clock)) : soa->expire_s;
}

static void put_expire(struct query *query)
{
    struct dns_soa soa;
    if (query->type != DNS_TYPE_SOA ||
        !zone_node_soa(zone_apex(query->zone, query->version), &soa)) {
        return;
    }
    uint8_t data[4];
    struct wr wr = wr_make(data, sizeof(data));
    wr_u32(&wr, expire_of(query, &soa));
    put_option(query, DNS_EDNS_EXPIRE, data, sizeof(data));
}

static void put_cookie(struct query *query)
{
    uint8_t data[DNS_EDNS_COOKIE_LEN + QUERY_COOKIE_LEN];
    memcpy(data, query->asked.cookie, DNS_EDNS_COOKIE_LEN);
    query_cookie_make(query->world->options.cookie_secret, query->peer, data,
                      (uint32_t)query->now_s, data + DNS_EDNS_COOKIE_LEN);
    put_option(query, DNS_EDNS_COOKIE, data, sizeof(data));
}

/* RFC 7871 7.2.1: what was asked comes back, with the prefix that the answer holds for: all addresses unless it
 * was made for this one. */
static void put_subnet(struct query *query)
{
    const struct dns_edns_subnet *subnet = &query->asked.client;
    bool is_made_for =
        query->uses_place && query->rcode == DNS_RCODE_NOERROR && query->counts[0] > 0;
    size_t left = (size_t)(query->out.end - query->out.pos);
    if (left >= OPTION_FIXED + dns_edns_subnet_len(subnet)) {
        dns_edns_write_subnet(&query->out, subnet, is_made_for ? query->place_scope : 0);
    }
}

static void put_options(struct query *query)
{
    const struct world_options *options = &query->world->options;
    const struct dns_edns_asked *asked = &query->asked;
    if (asked->nsid && options->nsid && options->identity) {
        put_option(query, DNS_EDNS_NSID, options->identity, strlen(options->identity));
    }
    if (asked->cookie && options->cookies) {
        put_cookie(query);
    }
    if (asked->zone_version && query->zone && query->aa) {
        put_zone_version(query);
    }
    if (asked->expire && query->zone) {
        put_expire(query);
    }
    if (asked->subnet && options->ecs) {
        put_subnet(query);
    }
    if (asked->keepalive && asked->keepalive_ok && query->peer->transport != QUERY_UDP) {
        uint8_t data[2] = {(uint8_t)(options->tcp_idle_ds >> 8), (uint8_t)options->tcp_idle_ds};
        put_option(query, DNS_EDNS_KEEPALIVE, data, sizeof(data)); /* RFC 7828 3.3.2 */
    }
}

/* RFC 8914 section 3: an extended error goes first when room is short, its text before it. */
static void put_ede(struct query *query)
{
    size_t left = (size_t)(query->out.end - query->out.pos), text = strlen(query->ede_text);
    if (query->ede != DNS_EDE_NONE && left >= EDE_FIXED) {
        dns_edns_write_ede(&query->out, query->ede,
                           left >= EDE_FIXED + text ? query->ede_text : "");
    }
}

static void put_opt(struct query *query)
{
    uint16_t flags =
        query->edns.flags & DNS_EDNS_FLAG_DO; /* RFC 3225 3: DO comes back, all else is 0 */
    size_t mark =
        dns_edns_write_begin(&query->out, query->world->options.udp_payload, query->rcode, flags);
    if (query->rcode != DNS_RCODE_BADVERS) {
        put_options(query);
        put_ede(query);
    }
    dns_edns_write_end(&query->out, mark);
    query->counts[2]++;
}

static void count(struct query *query)
{
    static const uint8_t by_rcode[] = {
        [DNS_RCODE_NOERROR] = STAT_answer_noerror,   [DNS_RCODE_FORMERR] = STAT_answer_formerr,
        [DNS_RCODE_SERVFAIL] = STAT_answer_servfail, [DNS_RCODE_NXDOMAIN] = STAT_answer_nxdomain,
        [DNS_RCODE_NOTIMP] = STAT_answer_notimp,     [DNS_RCODE_REFUSED] = STAT_answer_refused,
        [DNS_RCODE_YXDOMAIN] = STAT_answer_yxdomain,
    };
    enum stat_counter counter = STAT_answer_other;
    if (query->rcode < sizeof(by_rcode)) {
        counter = by_rcode[query->rcode];
    } else if (query->rcode == DNS_RCODE_BADVERS) {
        counter = STAT_answer_badvers;
    }
    stat_add(query->stat, counter, 1);
}

static void put_header(struct query *query)
{
    struct wr wr = query->out;
    unsigned flags =
        DNS_FLAG_QR | (query->flags & (OPCODE_MASK | DNS_FLAG_RD)) | (query->rcode & 0xfu);
    flags |= (query->aa ? DNS_FLAG_AA : 0u) | (query->tc ? DNS_FLAG_TC : 0u);
    wr.pos = wr.base;
    wr_u16(&wr, query->id);
    wr_u16(&wr, flags);
    wr_u16(&wr, query->has_question ? 1 : 0);
    wr_u16(&wr, query->counts[0]);
    wr_u16(&wr, query->counts[1]);
    wr_u16(&wr, query->counts[2]);
}

/* RFC 8945 section 5.3: without room for it, the answer is question and TSIG alone, with TC. */
static void sign(struct query *query)
{
    uint64_t now_s = (uint64_t)query->now_s;
    if (dns_tsig_sign(&query->tsig, query->mac, now_s, &query->out) != ERR_SPACE) {
        return;
    }
    query->tc = true;
    query->rcode = query->tsig.verdict == DNS_TSIG_GOOD ? DNS_RCODE_NOERROR : query->rcode;
    query_put_nothing(query);
    put_header(query);
    (void)dns_tsig_sign(&query->tsig, query->mac, now_s, &query->out);
}

size_t query_finish(struct query *query)
{
    if (query->verdict == QUERY_DROP) {
        return 0;
    }
    if (query->verdict == QUERY_HEADER) { /* what could not be read is not repeated */
        query->has_question = false;
        query->question_len = 0;
        query->out.pos = query->out.base + DNS_HEADER_LEN;
    } else {
        size_t signature = query->tsig_at > 0 ? dns_tsig_reserve(&query->tsig) : 0;
        size_t used = wr_len(&query->out), room = query->limit - used;
        query->out.end = query->out.pos + (room > signature ? room - signature : 0);
        if (query->edns.present) {
            put_opt(query);
        }
    }
    put_header(query);
    if (query->tsig_at > 0 && query->verdict != QUERY_HEADER) { /* the last thing: it signs all */
        sign(query);
    }
    count(query);
    return wr_len(&query->out);
}
