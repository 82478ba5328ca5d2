#include "server/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "zones/dns_name.h"

struct named_policy {
    uint8_t *zone;
    struct policy *policy;
};

struct rules {
    uint64_t refs;
    struct dns_tsig_ring *ring;
    struct named_policy *policies; /* in order of zones */
    size_t count;
};

static int compare_zones(const void *a, const void *b)
{
    const struct named_policy *x = a, *y = b;
    return dns_name_compare(x->zone, y->zone);
}

/* The configuration's words for algorithms are the table's names. */
static const struct dns_tsig_algorithm *algorithm_of(enum server_conf_algorithm algorithm)
{
    static const char *const names[] = {
        [SERVER_CONF_HMAC_SHA1] = "hmac-sha1",
        [SERVER_CONF_HMAC_SHA256] = "hmac-sha256",
        [SERVER_CONF_HMAC_SHA384] = "hmac-sha384",
        [SERVER_CONF_HMAC_SHA512] = "hmac-sha512",
    };
    return dns_tsig_algorithm_parse(names[algorithm], strlen(names[algorithm]));
}

static int make_ring(const struct server_conf_keys *keys, struct dns_tsig_ring **out_ring,
                     size_t *out_key)
{
    struct dns_tsig_key_spec *specs = mem_alloc((keys->count + 1) * sizeof(*specs));
    for (size_t i = 0; i < keys->count; i++) {
        const struct server_conf_key *key = &keys->items[i];
        specs[i] = (struct dns_tsig_key_spec){.name = key->name,
                                              .algorithm = algorithm_of(key->algorithm),
                                              .secret = key->secret.data,
                                              .secret_len = key->secret.len};
    }
    int err = dns_tsig_ring_create(specs, keys->count, out_ring, out_key);
    mem_free(specs);
    return err;
}

int rules_create(const struct server_conf *conf, struct rules **out_rules, size_t *out_key)
{
    struct dns_tsig_ring *ring = NULL;
    int err = make_ring(&conf->keys, &ring, out_key);
    if (err) {
        return err;
    }
    struct rules *rules = mem_alloc(sizeof(*rules));
    rules->refs = 1;
    rules->ring = ring;
    rules->count = conf->zones.count;
    rules->policies = mem_alloc((rules->count + 1) * sizeof(*rules->policies));
    for (size_t i = 0; i < rules->count; i++) {
        const struct server_conf_zone *zone = &conf->zones.items[i];
        rules->policies[i].zone = mem_copy(zone->name, dns_name_len(zone->name));
        rules->policies[i].policy = policy_create(zone);
    }
    qsort(rules->policies, rules->count, sizeof(*rules->policies), compare_zones);
    *out_rules = rules;
    return 0;
}

struct rules *rules_ref(struct rules *rules)
{
    __atomic_fetch_add(&rules->refs, 1, __ATOMIC_RELAXED);
    return rules;
}

void rules_unref(struct rules *rules)
{
    if (!rules || __atomic_sub_fetch(&rules->refs, 1, __ATOMIC_ACQ_REL) > 0) {
        return;
    }
    for (size_t i = 0; i < rules->count; i++) {
        mem_free(rules->policies[i].zone);
        policy_destroy(rules->policies[i].policy);
    }
    mem_free(rules->policies);
    dns_tsig_ring_destroy(rules->ring);
    mem_free(rules);
}

const struct dns_tsig_ring *rules_ring(const struct rules *rules)
{
    return rules ? rules->ring : NULL;
}

const struct policy *rules_policy(const struct rules *rules, const uint8_t *zone_name)
{
    if (!rules) {
        return NULL;
    }
    struct named_policy key = {.zone = (uint8_t *)zone_name};
    const struct named_policy *found =
        bsearch(&key, rules->policies, rules->count, sizeof(*rules->policies), compare_zones);
    return found ? found->policy : NULL;
}
