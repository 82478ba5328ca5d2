#include "server/policy.h"

#include <string.h>

#include "base/mem.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

/* The peers that a rule is for. */
struct rule_peer {
    uint8_t *key; /* NULL: unsigned is enough */
    bool sig0;    /* signed by SIG(0) */
    struct server_conf_prefix *sources;
    size_t source_count; /* 0: from anywhere */
};

/* An owner pattern: labels from the left, relative to the zone. */
struct pattern {
    uint8_t *name;  /* wire form; a label `*` stands for any one */
    bool any_depth; /* it began with `**`: any number of labels may stand before the name */
};

struct update_rule {
    struct rule_peer peer;
    struct pattern *owners;
    size_t owner_count;
    uint16_t *types;
    size_t type_count;
    unsigned transports; /* bits of enum query_transport; 0: any */
    struct policy_bounds bounds;
};

struct policy {
    struct rule_peer *transfers;
    size_t transfer_count;
    struct update_rule *updates;
    size_t update_count;
    bool srp;
    struct rule_peer registrants; /* without a key */
};

static void take_peer(struct rule_peer *peer, const uint8_t *key,
                      const struct server_conf_prefixes *sources)
{
    peer->key = key ? mem_copy(key, dns_name_len(key)) : NULL;
    peer->source_count = sources->count;
    if (sources->count > 0) {
        peer->sources = mem_copy(sources->items, sources->count * sizeof(*sources->items));
    }
}

static void take_pattern(struct pattern *pattern, const char *text)
{
    uint8_t name[DNS_NAME_MAX];
    static const uint8_t root[] = {0};
    size_t len = 0;
    pattern->any_depth = strncmp(text, "**", 2) == 0;
    const char *rest = pattern->any_depth ? text + 2 : text;
    rest += *rest == '.' ? 1 : 0;
    if (*rest == '\0' || strcmp(rest, "@") == 0 ||
        dns_name_parse(rest, strlen(rest), root, name, &len)) {
        name[0] = 0;
        len = 1;
    }
    dns_name_lower(name, len, name);
    pattern->name = mem_copy(name, len);
}

static void take_update(struct update_rule *rule, const struct server_conf_update *conf)
{
    take_peer(&rule->peer, conf->key, &conf->source);
    rule->peer.sig0 = conf->sig0;
    rule->owner_count = conf->owner.count;
    rule->owners = mem_alloc((conf->owner.count + 1) * sizeof(*rule->owners));
    for (size_t i = 0; i < conf->owner.count; i++) {
        take_pattern(&rule->owners[i], conf->owner.items[i]);
    }
    rule->type_count = conf->types.count;
    rule->types = mem_alloc((conf->types.count + 1) * sizeof(*rule->types));
    memcpy(rule->types, conf->types.items, conf->types.count * sizeof(*rule->types));
    for (size_t i = 0; i < conf->transport.count; i++) {
        rule->transports |= 1u << conf->transport.items[i];
    }
    rule->bounds = (struct policy_bounds){conf->records_max, conf->rate,
                                          conf->durability == SERVER_CONF_RELAXED};
}

struct policy *policy_create(const struct server_conf_zone *conf)
{
    struct policy *policy = mem_alloc(sizeof(*policy));
    policy->transfer_count = conf->transfer.count;
    policy->transfers = mem_alloc((conf->transfer.count + 1) * sizeof(*policy->transfers));
    for (size_t i = 0; i < conf->transfer.count; i++) {
        const struct server_conf_transfer *rule = &conf->transfer.items[i];
        take_peer(&policy->transfers[i], rule->key, &rule->source);
    }
    policy->update_count = conf->update.count;
    policy->updates = mem_alloc((conf->update.count + 1) * sizeof(*policy->updates));
    for (size_t i = 0; i < conf->update.count; i++) {
        take_update(&policy->updates[i], &conf->update.items[i]);
    }
    policy->srp = conf->srp;
    take_peer(&policy->registrants, NULL, &conf->srp_source);
    return policy;
}

static void finish_peer(struct rule_peer *peer)
{
    mem_free(peer->key);
    mem_free(peer->sources);
}

void policy_destroy(struct policy *policy)
{
    if (!policy) {
        return;
    }
    for (size_t i = 0; i < policy->transfer_count; i++) {
        finish_peer(&policy->transfers[i]);
    }
    for (size_t i = 0; i < policy->update_count; i++) {
        struct update_rule *rule = &policy->updates[i];
        finish_peer(&rule->peer);
        for (size_t j = 0; j < rule->owner_count; j++) {
            mem_free(rule->owners[j].name);
        }
        mem_free(rule->owners);
        mem_free(rule->types);
    }
    finish_peer(&policy->registrants);
    mem_free(policy->transfers);
    mem_free(policy->updates);
    mem_free(policy);
}

static bool is_in_prefix(const struct server_conf_prefix *prefix, const struct query_peer *peer)
{
    unsigned octets = prefix->bits / 8, bits = prefix->bits % 8;
    if (prefix->family != peer->family || memcmp(prefix->address, peer->address, octets) != 0) {
        return false;
    }
    unsigned mask = 0xff00u >> bits & 0xff;
    return bits == 0 || ((prefix->address[octets] ^ peer->address[octets]) & mask) == 0;
}

static bool fits_key(const struct rule_peer *rule, const struct policy_who *who)
{
    return !rule->key || (who->key && dns_name_equal(rule->key, who->key));
}

static bool fits_sig0(const struct rule_peer *rule, const struct policy_who *who)
{
    return !rule->sig0 || who->sig0;
}

static bool fits_source(const struct rule_peer *rule, const struct policy_who *who)
{
    for (size_t i = 0; i < rule->source_count; i++) {
        if (is_in_prefix(&rule->sources[i], who->peer)) {
            return true;
        }
    }
    return rule->source_count == 0;
}

static bool fits_peer(const struct rule_peer *rule, const struct policy_who *who)
{
    return fits_key(rule, who) && fits_sig0(rule, who) && fits_source(rule, who);
}

bool policy_is_local(const struct query_peer *peer)
{
    static const uint8_t v6[16] = {[15] = 1};
    if (peer->transport == QUERY_UNIX) {
        return true;
    }
    return peer->family == 4 ? peer->address[0] == 127
                             : peer->family == 6 && memcmp(peer->address, v6, sizeof(v6)) == 0;
}

static bool fits_transport(const struct update_rule *rule, const struct policy_who *who)
{
    return rule->transports == 0 || (rule->transports & 1u << who->peer->transport);
}

static bool fits_local(const struct update_rule *rule, const struct policy_who *who)
{
    return rule->peer.key || rule->peer.sig0 || policy_is_local(who->peer);
}

/* Who an update rule is for. */
static bool fits_sender(const struct update_rule *rule, const struct policy_who *who)
{
    return fits_transport(rule, who) && fits_local(rule, who) && fits_peer(&rule->peer, who);
}

/* The pattern's labels against as many of the owner's that are left when the zone is taken off. */
static bool fits_owner(const struct pattern *pattern, const struct policy_what *what)
{
    unsigned left = dns_name_labels(what->owner) - dns_name_labels(what->zone);
    unsigned wanted = dns_name_labels(pattern->name);
    if (left < wanted || (left > wanted && !pattern->any_depth)) {
        return false;
    }
    const uint8_t *owner = dns_name_up(what->owner, left - wanted), *label = pattern->name;
    for (; wanted > 0; wanted--) {
        bool is_any = label[0] == 1 && label[1] == '*';
        if (!is_any && (label[0] != owner[0] || memcmp(label, owner, label[0] + 1u) != 0)) {
            return false;
        }
        label += label[0] + 1;
        owner += owner[0] + 1;
    }
    return true;
}

static bool fits_type(const struct update_rule *rule, uint16_t type)
{
    for (size_t i = 0; i < rule->type_count; i++) {
        if (rule->types[i] == type || rule->types[i] == DNS_TYPE_ANY) {
            return true;
        }
    }
    return false;
}

bool policy_may_transfer(const struct policy *policy, const struct policy_who *who)
{
    for (size_t i = 0; policy && i < policy->transfer_count; i++) {
        if (fits_peer(&policy->transfers[i], who)) {
            return true;
        }
    }
    return false;
}

bool policy_may_update(const struct policy *policy, const struct policy_who *who)
{
    for (size_t i = 0; policy && i < policy->update_count; i++) {
        if (fits_sender(&policy->updates[i], who)) {
            return true;
        }
    }
    return false;
}

bool policy_may_register(const struct policy *policy, const struct policy_who *who)
{
    return policy && policy->srp && fits_peer(&policy->registrants, who);
}

/* By SIG(0) nobody changes what is not at or below the signer's own name. */
static bool fits_owners(const struct update_rule *rule, const struct policy_who *who,
                        const struct policy_what *what)
{
    if (rule->peer.sig0 && !(who->sig0 && dns_name_is_in(what->owner, who->sig0))) {
        return false;
    }
    for (size_t i = 0; i < rule->owner_count; i++) {
        if (fits_owner(&rule->owners[i], what)) {
            return true;
        }
    }
    return false;
}

unsigned policy_find_update(const struct policy *policy, const struct policy_who *who,
                            const struct policy_what *what)
{
    for (size_t i = 0; policy && i < policy->update_count; i++) {
        const struct update_rule *rule = &policy->updates[i];
        if (fits_sender(rule, who) && fits_type(rule, what->type) && fits_owners(rule, who, what)) {
            return (unsigned)i + 1;
        }
    }
    return 0;
}

bool policy_rule_key(const struct policy *policy, enum policy_kind kind, unsigned rule,
                     const uint8_t **out_key)
{
    const bool is_update = kind == POLICY_UPDATE;
    if (!policy || rule > (is_update ? policy->update_count : policy->transfer_count)) {
        return false;
    }
    *out_key = is_update ? policy->updates[rule - 1].peer.key : policy->transfers[rule - 1].key;
    return true;
}

struct policy_bounds policy_update_bounds(const struct policy *policy, unsigned rule)
{
    return policy->updates[rule - 1].bounds;
}

const char *policy_explain_update(const struct policy *policy, unsigned rule,
                                  const struct policy_who *who, const struct policy_what *what)
{
    if (!policy || rule < 1 || rule > policy->update_count) {
        return NULL;
    }
    const struct update_rule *it = &policy->updates[rule - 1];
    if (!fits_key(&it->peer, who)) {
        return "key";
    }
    if (!fits_sig0(&it->peer, who)) {
        return "sig0";
    }
    if (!fits_transport(it, who)) {
        return "transport";
    }
    if (!fits_local(it, who)) {
        return "local";
    }
    if (!fits_source(&it->peer, who)) {
        return "source";
    }
    if (!fits_type(it, what->type)) {
        return "type";
    }
    return fits_owners(it, who, what) ? "" : "owner";
}
