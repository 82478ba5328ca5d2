#include "server/query_sig0.h"

#include <stdio.h>

#include "zones/dns_type.h"
#include "zones/zone_find.h"
#include "zones/zone_srp.h"

static enum query_verdict answer(struct query *query, enum dns_sig0_verdict verdict)
{
    return query_refuse(query, dns_sig0_rcode(verdict), dns_sig0_ede(verdict),
                        dns_sig0_text(verdict));
}

static void take_key(struct query *query, const struct dns_sig0 *record,
                     const struct dns_sig0_key *key)
{
    if (query->sig0_key_count < SIG0_KEYS && dns_sig0_key_fits(key, record)) {
        query->sig0_keys[query->sig0_key_count++] = *key;
    }
}

/* The KEY records at the signer's name itself: neither a wildcard's nor those below a zone cut. */
static void take_zone_keys(struct query *query, const struct dns_sig0 *record,
                           const uint8_t *signer)
{
    if (!dns_name_is_in(signer, zone_name(query->zone))) {
        return;
    }
    struct dns_labels labels;
    dns_name_index(&query->world->zones_key, signer, &labels);
    struct zone_found found =
        zone_find(query->zone, zone_version(query->zone), signer, &labels, DNS_TYPE_KEY);
    if (found.verdict != ZONE_FIND_ANSWER || found.wildcard) {
        return;
    }
    const uint8_t *pos = zone_node_ready(found.node, found.set), *end = pos + found.set->size;
    struct zone_rr rr;
    struct dns_sig0_key key;
    while (zone_node_next(&pos, end, &rr)) {
        if (dns_sig0_key_read(rr.rdata, rr.len, &key)) {
            take_key(query, record, &key);
        }
    }
}

/* NULL when the message registers its signer, else why it does not (RFC 9665: the key signs it that it
 * brings). */
static const char *read_registration(struct query *query, const struct dns_sig0 *record,
                                     const uint8_t *signer)
{
    struct zone_srp srp;
    const char *why = zone_srp_read(query->message, query->len, zone_name(query->zone), &srp);
    if (!why && !dns_name_equal(srp.host, signer)) {
        why = "the signer is not the host";
    }
    if (!why) {
        take_key(query, record, &srp.key);
    }
    return why;
}

/* Policy before anything is computed: could any rule let this signer change anything? */
static enum query_verdict check_policy(struct query *query, const struct dns_sig0 *record,
                                       const uint8_t *signer)
{
    const struct policy *policy = rules_policy(query->world->rules, zone_name(query->zone));
    struct policy_who who = {.peer = query->peer, .sig0 = signer};
    const char *why = "not offered for this zone and peer";
    if (policy_may_register(policy, &who)) {
        why = read_registration(query, record, signer);
        query->is_srp = why == NULL;
    }
    if (query->is_srp) {
        return QUERY_VERIFY;
    }
    if (!policy_may_update(policy, &who)) {
        char text[QUERY_EDE_TEXT];
        snprintf(text, sizeof(text), "no rule lets this signer update the zone; registration: %s",
                 why);
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED, text);
    }
    take_zone_keys(query, record, signer);
    return QUERY_VERIFY;
}

enum query_verdict query_sig0_check(struct query *query)
{
    if (query->world->options.sig0_rate == 0 || !query->takes_sig0) {
        return query_refuse(query, DNS_RCODE_REFUSED, DNS_EDE_NOT_SUPPORTED,
                            "SIG(0) is not offered");
    }
    struct dns_sig0 record;
    uint8_t signer[DNS_NAME_MAX];
    enum dns_sig0_verdict verdict =
        dns_sig0_read(query->message, query->len, query->sig0_at, &record);
    if (verdict != DNS_SIG0_GOOD) {
        return answer(query, verdict);
    }
    dns_name_lower(record.signer, record.signer_len, signer);
    enum query_verdict allowed = check_policy(query, &record, signer);
    if (allowed != QUERY_VERIFY) {
        return allowed;
    }
    verdict = dns_sig0_check_time(&record, query->now_s, query->is_srp);
    if (verdict == DNS_SIG0_GOOD && query->sig0_key_count == 0) {
        verdict = DNS_SIG0_NOKEY;
    }
    return verdict == DNS_SIG0_GOOD ? QUERY_VERIFY : answer(query, verdict);
}
