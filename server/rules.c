#include "server/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sched/choose/book.h"
#include "zones/dns_name.h"

struct rules {
    uint64_t refs;
    struct dns_tsig_ring *ring;
    struct rules_zone *zones; /* in order of names, as keys */
    size_t zone_count;
    struct rules_key *keys;
    size_t key_count;
    struct secondary_set *secondaries;
    struct regions *regions;
    struct book *book;
};

static int compare_zones(const void *a, const void *b)
{
    const struct rules_zone *x = a, *y = b;
    return dns_name_compare(x->name, y->name);
}

static int compare_keys(const void *a, const void *b)
{
    const struct rules_key *x = a, *y = b;
    return dns_name_compare(x->name, y->name);
}

static int make_ring(const struct server_conf *conf, struct dns_tsig_ring **out_ring,
                     size_t *out_key)
{
    const size_t count = server_conf_key_count(conf);
    struct dns_tsig_key_spec *specs = mem_alloc((count + 1) * sizeof(*specs));
    for (size_t i = 0; i < count; i++) {
        const struct server_conf_key *key = server_conf_key_at(conf, i);
        specs[i] = (struct dns_tsig_key_spec){.name = key->name,
                                              .algorithm = server_conf_value_tsig(key->algorithm),
                                              .secret = key->secret.data,
                                              .secret_len = key->secret.len,
                                              .mac_min = (uint8_t)key->mac_min};
    }
    int err = dns_tsig_ring_create(specs, count, out_ring, out_key);
    mem_free(specs);
    return err;
}

static uint8_t *copy_name(const uint8_t *name)
{
    return name ? mem_copy(name, dns_name_len(name)) : NULL;
}

static void take_keys(struct rules *rules, const struct server_conf *conf)
{
    rules->key_count = server_conf_key_count(conf);
    rules->keys = mem_alloc((rules->key_count + 1) * sizeof(*rules->keys));
    for (size_t i = 0; i < rules->key_count; i++) {
        const struct server_conf_key *key = server_conf_key_at(conf, i);
        rules->keys[i] =
            (struct rules_key){copy_name(key->name), server_conf_value_tsig(key->algorithm)->text,
                               key->mac_min, i >= conf->keys.count};
    }
    qsort(rules->keys, rules->key_count, sizeof(*rules->keys), compare_keys);
}

static void take_zones(struct rules *rules, const struct server_conf *conf)
{
    rules->zone_count = conf->zones.count;
    rules->zones = mem_alloc((rules->zone_count + 1) * sizeof(*rules->zones));
    for (size_t i = 0; i < rules->zone_count; i++) {
        const struct server_conf_zone *zone = &conf->zones.items[i];
        rules->zones[i] = (struct rules_zone){
            .name = copy_name(zone->name),
            .policy = zone->like > 0 ? rules->zones[zone->like - 1].policy : policy_create(zone),
            .is_like = zone->like > 0,
            .notify_key = copy_name(zone->notify_key),
            .catalog = zone->catalog,
            .member_of = copy_name(zone->member_of),
        };
    }
    for (size_t i = 1; i < rules->zone_count; i++) { /* they mostly come in order */
        if (compare_zones(&rules->zones[i - 1], &rules->zones[i]) > 0) {
            qsort(rules->zones, rules->zone_count, sizeof(*rules->zones), compare_zones);
            break;
        }
    }
}

int rules_create(const struct server_conf *conf, struct rules **out_rules, size_t *out_key)
{
    struct dns_tsig_ring *ring = NULL;
    int err = make_ring(conf, &ring, out_key);
    if (err) {
        return err;
    }
    struct rules *rules = mem_alloc(sizeof(*rules));
    rules->refs = 1;
    rules->ring = ring;
    rules->regions = regions_ref(conf->regions);
    take_keys(rules, conf);
    take_zones(rules, conf);
    *out_rules = rules;
    return 0;
}

void rules_take_secondaries(struct rules *rules, struct secondary_set *secondaries)
{
    rules->secondaries = secondaries;
}

void rules_take_book(struct rules *rules, struct book *book)
{
    rules->book = book;
}

const struct book *rules_book(const struct rules *rules)
{
    return rules ? rules->book : NULL;
}

struct secondary_set *rules_secondaries(const struct rules *rules)
{
    return rules ? rules->secondaries : NULL;
}

struct regions *rules_regions(const struct rules *rules)
{
    return rules ? rules->regions : NULL;
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
    for (size_t i = 0; i < rules->zone_count; i++) {
        struct rules_zone *zone = &rules->zones[i];
        mem_free(zone->name);
        mem_free(zone->notify_key);
        mem_free(zone->member_of);
        if (!zone->is_like) {
            policy_destroy(zone->policy);
        }
    }
    for (size_t i = 0; i < rules->key_count; i++) {
        mem_free(rules->keys[i].name);
    }
    mem_free(rules->zones);
    mem_free(rules->keys);
    dns_tsig_ring_destroy(rules->ring);
    secondary_unref(rules->secondaries);
    regions_unref(rules->regions);
    book_unref(rules->book);
    mem_free(rules);
}

const struct dns_tsig_ring *rules_ring(const struct rules *rules)
{
    return rules ? rules->ring : NULL;
}

const struct rules_zone *rules_find_zone(const struct rules *rules, const uint8_t *zone_name)
{
    if (!rules) {
        return NULL;
    }
    struct rules_zone key = {.name = (uint8_t *)zone_name};
    return bsearch(&key, rules->zones, rules->zone_count, sizeof(*rules->zones), compare_zones);
}

const struct policy *rules_policy(const struct rules *rules, const uint8_t *zone_name)
{
    const struct rules_zone *found = rules_find_zone(rules, zone_name);
    return found ? found->policy : NULL;
}

size_t rules_key_count(const struct rules *rules)
{
    return rules ? rules->key_count : 0;
}

const struct rules_key *rules_key_at(const struct rules *rules, size_t i)
{
    return &rules->keys[i];
}

size_t rules_zone_count(const struct rules *rules)
{
    return rules ? rules->zone_count : 0;
}

const struct rules_zone *rules_zone_at(const struct rules *rules, size_t i)
{
    return &rules->zones[i];
}
