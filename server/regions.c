#include "server/regions.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sched/choose/pools_hash.h"
#include "server/regions_mmdb.h"

/* A place as it is looked up. */
struct known {
    struct choose_place place;
    uint64_t number;
    char *name, *centre; /* centre may be NULL */
};

struct regions {
    uint64_t refs;
    bool has_key;
    struct hash_key key;
    uint64_t edition_hash; /* of the file */
    struct known *known;
    size_t count;
    struct regions_table *four, *six;
    struct regions_mmdb *mmdb; /* NULL: none */
};

static struct known copy_place(const struct regions_place *place)
{
    struct known known = {.name = mem_text(place->name)};
    known.centre = place->centre ? mem_text(place->centre) : NULL;
    known.place.has_loc = place->has_loc;
    known.place.latitude = place->has_loc ? place->latitude + 0.0 : 0.0; /* -0 is 0 */
    known.place.longitude = place->has_loc ? place->longitude + 0.0 : 0.0;
    return known;
}

int regions_create(const struct regions_place *places, size_t place_count,
                   const struct regions_table_row *rows, size_t row_count,
                   struct regions_mmdb *mmdb, struct regions **out_regions, size_t *out_twice)
{
    struct regions_table *four = NULL, *six = NULL;
    int err = regions_table_create(rows, row_count, 4, &four, out_twice);
    err = err ? err : regions_table_create(rows, row_count, 6, &six, out_twice);
    if (err) {
        regions_table_destroy(four);
        return err;
    }
    struct regions *regions = mem_alloc(sizeof(*regions));
    *regions = (struct regions){.refs = 1, .four = four, .six = six, .mmdb = mmdb};
    regions->known = mem_alloc((place_count + 1) * sizeof(*regions->known));
    regions->count = place_count;
    for (size_t i = 0; i < place_count; i++) {
        regions->known[i] = copy_place(&places[i]);
    }
    *out_regions = regions;
    return 0;
}

struct regions *regions_ref(struct regions *regions)
{
    if (regions) {
        __atomic_fetch_add(&regions->refs, 1, __ATOMIC_RELAXED);
    }
    return regions;
}

void regions_unref(struct regions *regions)
{
    if (!regions || __atomic_sub_fetch(&regions->refs, 1, __ATOMIC_ACQ_REL) > 0) {
        return;
    }
    for (size_t i = 0; i < regions->count; i++) {
        mem_free(regions->known[i].name);
        mem_free(regions->known[i].centre);
    }
    mem_free(regions->known);
    regions_table_destroy(regions->four);
    regions_table_destroy(regions->six);
    regions_mmdb_close(regions->mmdb);
    mem_free(regions);
}

/* Its content as a number, so that it outlives the table. */
static uint64_t number_of(const struct hash_key *key, const struct choose_place *place)
{
    uint64_t number = hash_mix(key, key->k0, &place->centre, sizeof(place->centre));
    number = hash_mix(key, number, place->regions, sizeof(place->regions));
    if (place->has_loc) {
        const double loc[] = {place->latitude, place->longitude};
        number = hash_mix(key, number, loc, sizeof(loc));
    }
    return number ? number : 1;
}

void regions_take_key(struct regions *regions, const struct hash_key *key)
{
    if (!regions || regions->has_key) {
        return;
    }
    regions->has_key = true;
    regions->key = *key;
    for (size_t i = 0; i < regions->count; i++) {
        struct known *known = &regions->known[i];
        pools_region_hashes(key, known->name, strlen(known->name), known->place.regions);
        if (known->centre) {
            known->place.centre = pools_text_hash(key, known->centre, strlen(known->centre));
        }
        known->number = number_of(key, &known->place);
    }
    if (regions->mmdb) {
        uint64_t edition = regions_mmdb_edition(regions->mmdb);
        regions->edition_hash = hash_mix(key, key->k0, &edition, sizeof(edition));
    }
}

static void find_in_file(const struct regions *regions, unsigned family, const uint8_t *address,
                         struct regions_match *match)
{
    uint8_t bits = 0;
    if (regions_mmdb_find(regions->mmdb, family, address, &match->at, &bits)) {
        uint64_t number =
            hash_mix(&regions->key, regions->edition_hash, &match->at, sizeof(match->at));
        match->number = number ? number : 1;
        match->source = REGIONS_MMDB;
    }
    match->scope = bits > match->scope ? bits : match->scope; /* both must hold */
}

void regions_find(const struct regions *regions, unsigned family, const uint8_t *address,
                  unsigned bits, struct regions_match *out_match)
{
    *out_match = (struct regions_match){.source = REGIONS_NOWHERE};
    if (!regions || bits == 0 || (family != 4 && family != 6)) {
        return;
    }
    CHECK(regions->has_key);
    const struct regions_table *table = family == 4 ? regions->four : regions->six;
    uint32_t place = regions_table_find(table, address, bits, &out_match->scope);
    if (place != REGIONS_TABLE_NONE) {
        out_match->at = place - 1;
        out_match->number = regions->known[place - 1].number;
        out_match->source = REGIONS_TABLE;
    } else if (regions->mmdb) {
        find_in_file(regions, family, address, out_match);
    }
}

static void get_from_file(const struct regions *regions, uint32_t at, struct choose_place *out)
{
    struct regions_mmdb_place said;
    regions_mmdb_get(regions->mmdb, at, &said);
    for (unsigned i = 0; i < REGIONS_MMDB_NAMES && said.names[i][0]; i++) {
        out->regions[i] = pools_text_hash(&regions->key, said.names[i], strlen(said.names[i]));
    }
    out->has_loc = said.has_loc;
    out->latitude = said.has_loc ? said.latitude : 0.0;
    out->longitude = said.has_loc ? said.longitude : 0.0;
}

void regions_get(const struct regions *regions, const struct regions_match *match,
                 struct choose_place *out_place)
{
    *out_place = (struct choose_place){0};
    switch (match->source) {
    case REGIONS_NOWHERE:
        return;
    case REGIONS_TABLE:
        *out_place = regions->known[match->at].place;
        return;
    case REGIONS_MMDB:
        get_from_file(regions, match->at, out_place);
        return;
    }
}
