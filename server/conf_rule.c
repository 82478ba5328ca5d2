#include "server/conf_rule.h"

#include <string.h>

#include "zones/dns_type.h"

bool conf_rule_is_unix(const struct server_conf_transports *transport)
{
    for (size_t i = 0; i < transport->count; i++) {
        if (transport->items[i] != QUERY_UNIX) {
            return false;
        }
    }
    return transport->count > 0;
}

static bool is_loopback(const struct server_conf_prefix *prefix)
{
    static const uint8_t v6[16] = {[15] = 1};
    return prefix->family == 4 ? prefix->bits >= 8 && prefix->address[0] == 127
                               : prefix->bits == 128 && memcmp(prefix->address, v6, 16) == 0;
}

/* Without a signature there is only the address, and all but our own machine's can be forged. */
static int check_unsigned(struct conf *conf, const struct conf_rule *rule, struct err_at *at)
{
    for (size_t i = 0; i < rule->source->count; i++) {
        if (!is_loopback(&rule->source->items[i])) {
            return conf_blame(
                conf, &rule->source->items[i], at, ERR_VALUE,
                "a rule without a key is for loopback addresses and unix sockets: any "
                "other address can be forged");
        }
    }
    conf_warn(conf, rule->map, "update without a key: every program on this machine may send it");
    return 0;
}

static bool is_load_alone(const struct server_conf_types *types)
{
    for (size_t i = 0; i < types->count; i++) {
        if (types->items[i] != DNS_TYPE_CLOAD) {
            return false;
        }
    }
    return true;
}

int conf_rule_check(struct conf *conf, const struct conf_rule *rule, struct err_at *at)
{
    if (rule->owner->count == 0) {
        return conf_blame(conf, rule->owner, at, ERR_MISSING,
                          "no owner: the rule would permit nothing");
    }
    if (rule->types->count == 0) {
        return conf_blame(conf, rule->types, at, ERR_MISSING,
                          "no type: the rule would permit nothing (any is for all types)");
    }
    if (*rule->durability == SERVER_CONF_RELAXED && !is_load_alone(rule->types)) {
        return conf_blame(
            conf, rule->durability, at, ERR_VALUE,
            "relaxed is for rules of type CLOAD alone: only load reports come again by "
            "themselves");
    }
    return rule->key || rule->sig0 ? 0 : check_unsigned(conf, rule, at);
}
