#include "server/query_secondary.h"

#include <arpa/inet.h>

#include "base/log.h"
#include "zones/dns_rdata.h"
#include "zones/dns_read.h"
#include "zones/dns_serial.h"
#include "zones/dns_type.h"

enum { SOA_MAX = 2 * DNS_NAME_MAX + 20 };

const struct secondary_zone *query_secondary_find(struct query *query)
{
    const struct secondary_zone *secondary =
        secondary_find(rules_secondaries(query->world->rules), query->name);
    if (!secondary || !query->takes_notifies || query->dns_class != DNS_CLASS_IN) {
        return NULL;
    }
    query->is_signed = query->tsig_at > 0 || query->sig0_at > 0;
    query->tsig_at = 0; /* answers of ours can not be signed */
    return secondary;
}

enum query_verdict query_secondary_update(struct query *query)
{
    if (!query->secondary->forwards) {
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_NOT_SUPPORTED,
                            "updates of this zone go to its primary");
    }
    if (!query->is_signed) {
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED,
                            "only signed updates are passed on to the primary");
    }
    return QUERY_FORWARD;
}

static void log_stranger(const struct query *query, const char *reason)
{
    char zone[DNS_NAME_TEXT_MAX], address[INET6_ADDRSTRLEN] = "";
    dns_name_print(query->name, zone);
    inet_ntop(query->peer->family == 4 ? AF_INET : AF_INET6, query->peer->address, address,
              sizeof(address));
    log_warn("notify_in_refused", "zone=%s source=%s reason=%s", zone, address, reason);
}

/* Of the zone, and from one of its primaries; NULL or why not. */
static const char *find_fault(const struct query *query, const struct secondary_zone *secondary)
{
    if (!secondary) {
        return "this server is not a secondary of the zone";
    }
    if (!secondary_is_primary(secondary, query->peer->family, query->peer->address, NULL)) {
        return "the sender is no primary of the zone";
    }
    if (!secondary->key) {
        return NULL;
    }
    const uint8_t *signer = query->tsig_at > 0 ? dns_tsig_key_name(query->tsig.key) : NULL;
    return signer && dns_name_equal(signer, secondary->key) ? NULL
                                                            : "not signed with the primary's key";
}

enum query_verdict query_secondary_notify(struct query *query)
{
    const struct secondary_zone *secondary =
        secondary_find(rules_secondaries(query->world->rules), query->name);
    bool is_ours = query->dns_class == DNS_CLASS_IN &&
                   (secondary || zone_set_get(query->world->zones, query->name));
    const char *fault = is_ours ? find_fault(query, secondary) : NULL;
    if (!is_ours || fault) {
        stat_add(query->stat, STAT_notify_in_refused, 1);
    }
    if (!is_ours) {
        return query_refuse(query, DNS_RCODE_NOTAUTH, DNS_EDE_NOT_AUTHORITATIVE,
                            "no zone of this name is served here");
    }
    if (fault) {
        log_stranger(query, fault);
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED, fault);
    }
    query->secondary = secondary;
    query->aa = true; /* RFC 1996 3.12 */
    stat_add(query->stat, STAT_notify_in_taken, 1);
    return QUERY_NOTIFY;
}

bool query_secondary_is_news(const struct query *query)
{
    const struct secondary_state *state = query->secondary->state;
    const struct zone *zone = rcu_read(state->zone);
    struct dns_message message;
    struct dns_rr rr;
    dns_read_message(&message, query->message, query->len);
    while (dns_read_message_next(&message, &rr)) {
        uint8_t rdata[SOA_MAX];
        struct wr wr = wr_make(rdata, sizeof(rdata));
        struct dns_soa soa;
        if (message.section == DNS_SECTION_ANSWER && rr.type == DNS_TYPE_SOA &&
            dns_name_equal(rr.name, query->name) && !dns_read_rdata(&message.rd, &rr, &wr) &&
            !dns_rdata_soa(rdata, wr_len(&wr), &soa)) {
            uint64_t version = zone_version(zone);
            return dns_serial_is_after(soa.serial, zone_serial(zone, version)) ||
                   !secondary_is_served(state); /* that a primary is there is news */
        }
    }
    return true;
}
