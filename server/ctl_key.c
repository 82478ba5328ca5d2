#include <jansson.h>
#include <string.h>

#include "base/mem.h"
#include "server/ctl_cmd.h"
#include "zones/dns_name.h"

/* What is said of a key: uses are gathered zone by zone. */
struct listed {
    json_t *zones;
    json_t *last; /* entry of the zone that is looked at, NULL: none yet */
};

/* Names are in canonical order. */
static struct listed *find(struct listed *keys, const struct rules *rules, const uint8_t *name)
{
    size_t low = 0, high = rules_key_count(rules);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = dns_name_compare(name, rules_key_at(rules, middle)->name);
        if (order == 0) {
            return &keys[middle];
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return NULL;
}

static json_t *entry_of(struct listed *key, const char *zone)
{
    if (!key->last) {
        key->last =
            json_pack("{s:s,s:[],s:[],s:b}", "zone", zone, "transfer", "update", "notify", 0);
        json_array_append_new(key->zones, key->last);
    }
    return key->last;
}

static void add_rules(struct listed *keys, const struct rules *rules, const struct rules_zone *zone,
                      const char *text, enum policy_kind kind)
{
    static const char *const sorts[] = {[POLICY_TRANSFER] = "transfer", [POLICY_UPDATE] = "update"};
    const uint8_t *name;
    for (unsigned i = 1; policy_rule_key(zone->policy, kind, i, &name); i++) {
        struct listed *key = name ? find(keys, rules, name) : NULL;
        if (key) {
            json_array_append_new(json_object_get(entry_of(key, text), sorts[kind]),
                                  json_integer(i));
        }
    }
}

static void add_zone(struct listed *keys, const struct rules *rules, const struct rules_zone *zone)
{
    char text[DNS_NAME_TEXT_MAX];
    dns_name_print(zone->name, text);
    add_rules(keys, rules, zone, text, POLICY_TRANSFER);
    add_rules(keys, rules, zone, text, POLICY_UPDATE);
    struct listed *key = zone->notify_key ? find(keys, rules, zone->notify_key) : NULL;
    if (key) {
        json_object_set_new(entry_of(key, text), "notify", json_true());
    }
    for (size_t i = 0; i < rules_key_count(rules); i++) {
        keys[i].last = NULL;
    }
}

static json_t *pack_key(const struct rules_key *key, json_t *zones)
{
    char name[DNS_NAME_TEXT_MAX];
    dns_name_print(key->name, name);
    return json_pack("{s:s,s:s,s:s,s:i,s:o}", "name", name, "algorithm", key->algorithm, "from",
                     key->is_from_file ? "keys_file" : "config", "mac_min", (int)key->mac_min,
                     "zones", zones);
}

void ctl_key_list(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
    const struct ctl_cmd_context *with = context;
    const struct rules *rules = rcu_read(with->world->now)->rules;
    const size_t count = rules_key_count(rules);
    struct listed *keys = mem_alloc((count + 1) * sizeof(*keys));

    (void)request;
    for (size_t i = 0; i < count; i++) {
        keys[i].zones = json_array();
    }
    for (size_t i = 0; i < rules_zone_count(rules); i++) {
        add_zone(keys, rules, rules_zone_at(rules, i));
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, pack_key(rules_key_at(rules, i), keys[i].zones));
    }
    mem_free(keys);
    json_t *result = json_pack("{s:o}", "keys", list);
    ctl_reply_ok(reply, result ? json_dumps(result, JSON_COMPACT) : NULL);
    json_decref(result);
}
