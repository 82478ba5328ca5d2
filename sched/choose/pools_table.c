#include "sched/choose/pools_table.h"

#include <string.h>

#include "base/mem.h"
#include "sched/choose/pools_block.h"
#include "sched/choose/pools_centre.h"
#include "sched/choose/pools_copies.h"
#include "sched/choose/pools_map.h"
#include "sched/choose/pools_reach.h"
#include "sched/choose/pools_row.h"
#include "sched/choose/pools_seat.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

struct root {
    uint64_t made;
    struct pools pools;
};

struct pools_table {
    struct pools_turn turn;
    struct hash_key key;
    uint8_t apex[DNS_NAME_MAX];
    struct pools_blocks blocks;
    struct pools_copies copies;
    struct pools_seats seats;
    struct pools_map *names;    /* slots of pools */
    struct pools_map *reach;    /* see pools_reach.h */
    struct pools_list *centres; /* struct pools_centre; NULL: none so far */
    size_t centre_count;
    uint32_t *places; /* free ones of the list */
    size_t place_count, place_room;
    struct root *root; /* what readers have; NULL: nothing yet */
    struct pools_row row;
};

struct pools_table *pools_table_create(const uint8_t *apex, const struct hash_key *key)
{
    struct pools_table *table = mem_alloc(sizeof(*table));
    table->turn.number = 1;
    table->key = *key;
    memcpy(table->apex, apex, dns_name_len(apex));
    pools_block_init(&table->blocks, &table->turn, &table->key);
    pools_copies_init(&table->copies, &table->turn, &table->key, table->apex);
    pools_seat_init(&table->seats, &table->turn, &table->key);
    table->names = pools_map_create(&table->turn);
    table->reach = pools_map_create(&table->turn);
    return table;
}

static struct pools_centre_record *record_of(const struct pools_centre *centre)
{
    char *at = (char *)(uintptr_t)centre;
    return centre ? (void *)(at - offsetof(struct pools_centre_record, centre)) : NULL;
}

static struct pools_centre_record *record_at(const struct pools_table *table, uint32_t place)
{
    return record_of(table->centres->items[place]);
}

void pools_table_destroy(struct pools_table *table)
{
    if (!table) {
        return;
    }
    pools_turn_end(&table->turn);
    pools_block_finish(&table->blocks);
    pools_copies_finish(&table->copies);
    pools_seat_finish(&table->seats);
    pools_map_destroy(table->names);
    pools_map_destroy(table->reach);
    for (size_t i = 0; i < table->centre_count; i++) {
        mem_free(record_at(table, (uint32_t)i));
    }
    mem_free(table->centres);
    mem_free(table->places);
    mem_free(table->root);
    mem_free(table);
}

/* A member that is a pool becomes a mere name with CRES. */
static void take_out(struct pools_table *table, struct pools_member *member)
{
    if (member->slot != POOLS_NONE) {
        pools_block_remove(&table->blocks, member->slot);
        pools_map_remove(&table->turn, &table->names, pools_map_name(&table->key, member->name));
    }
    pools_seat_move(&table->seats, member, POOLS_NONE);
}

static void put_in(struct pools_table *table, struct pools_member *member)
{
    const struct pools_centre *centre = table->centres->items[member->seat->place];
    struct pools_row *row = &table->row;
    if (member->slot == POOLS_NONE) {
        uint32_t slot = pools_block_take_slot(&table->blocks);
        pools_map_put(&table->turn, &table->names, pools_map_name(&table->key, member->name), slot);
        pools_seat_move(&table->seats, member, slot);
    }
    row->has[POOLS_NAME / 64] |= (uint64_t)1 << POOLS_NAME % 64;
    row->has[POOLS_CENTRE / 64] |= (uint64_t)1 << POOLS_CENTRE % 64;
    row->value[POOLS_NAME] = pools_name_hash(&table->key, member->name, table->apex);
    row->value[POOLS_CENTRE] = centre->hash;
    row->has[POOLS_PLACE / 64] |= (uint64_t)1 << POOLS_PLACE % 64;
    row->value[POOLS_PLACE] = member->seat->place;
    pools_block_put(&table->blocks, member->slot, row, member->name, member->seat->place);
}

/* A member is a pool when a centre is above it and a CRES of its counts. */
static void renew_member(struct pools_table *table, struct pools_member *member,
                         const struct zone_node *node)
{
    uint32_t place = member->seat->place;
    if (place != POOLS_NONE &&
        pools_row_fill(&table->row, &table->key, node, &record_at(table, place)->row)) {
        put_in(table, member);
    } else {
        take_out(table, member);
    }
}

static void put_centre(struct pools_table *table, uint32_t place,
                       struct pools_centre_record *record)
{
    const struct pools_centre *centre = record ? &record->centre : NULL;
    struct pools_centre_record *old = place < table->centre_count ? record_at(table, place) : NULL;
    pools_reach_change(&table->turn, &table->reach, old ? &old->centre : NULL, centre);
    pools_turn_put(&table->turn, &table->centres, place, centre);
    table->centre_count = place < table->centre_count ? table->centre_count : (size_t)place + 1;
    pools_turn_drop(&table->turn, old);
}

static void seat_centre(struct pools_table *table, struct pools_seat *seat,
                        struct pools_centre_record *record)
{
    if (seat->place == POOLS_NONE) {
        seat->place = table->place_count > 0 ? table->places[--table->place_count]
                                             : (uint32_t)table->centre_count;
    }
    put_centre(table, seat->place, record);
}

static void unseat_centre(struct pools_table *table, struct pools_seat *seat)
{
    for (struct pools_member *member = seat->first; member; member = member->next) {
        take_out(table, member);
    }
    put_centre(table, seat->place, NULL);
    if (table->place_count == table->place_room) {
        table->place_room = table->place_room ? 2 * table->place_room : POOLS_BLOCK;
        table->places = mem_grow(table->places, table->place_room, sizeof(*table->places));
    }
    table->places[table->place_count++] = seat->place;
    seat->place = POOLS_NONE;
}

/* Pools take over from a centre that comes what they took over from the one that is there. */
static bool gives_same(const struct pools_table *table, const struct pools_seat *seat,
                       const struct pools_centre_record *record)
{
    return seat->place != POOLS_NONE &&
           memcmp(&record_at(table, seat->place)->row, &record->row, sizeof(record->row)) == 0;
}

static void renew_centre(struct pools_table *table, const struct pools_lookup *lookup,
                         const uint8_t *owner, bool with_pools)
{
    const struct zone_node *node = lookup->get(lookup->context, owner);
    struct pools_seat *seat = pools_seat_find(&table->seats, owner);
    bool is_centre = node && zone_node_find(node, DNS_TYPE_CENTRE);
    if (!seat && !is_centre) {
        return;
    }
    seat = seat ? seat : pools_seat_add(&table->seats, owner);
    struct pools_centre_record *record =
        pools_centre_make(&table->turn, &table->key, table->apex, seat->name, node);
    with_pools &= record && !gives_same(table, seat, record);
    if (record) {
        seat_centre(table, seat, record);
    } else if (seat->place != POOLS_NONE) {
        unseat_centre(table, seat);
    }
    for (struct pools_member *member = with_pools ? seat->first : NULL; member;
         member = member->next) {
        renew_member(table, member, lookup->get(lookup->context, member->name));
    }
    pools_seat_settle(&table->seats, seat);
}

/* The seat that a pool belongs to; a new one learns whether a centre is there. */
static struct pools_seat *seat_above(struct pools_table *table, const struct pools_lookup *lookup,
                                     const uint8_t *owner)
{
    const uint8_t *name = dns_name_up(owner, 1);
    struct pools_seat *seat = pools_seat_find(&table->seats, name);
    if (!seat) {
        seat = pools_seat_add(&table->seats, name);
        struct pools_centre_record *record = pools_centre_make(
            &table->turn, &table->key, table->apex, seat->name, lookup->get(lookup->context, name));
        if (record) {
            seat_centre(table, seat, record);
        }
    }
    return seat;
}

static struct pools_member *find_member(const struct pools_table *table, const uint8_t *owner)
{
    uint64_t slot;
    if (pools_map_find(table->names, pools_map_name(&table->key, owner), &slot)) {
        return pools_seat_at(&table->seats, (uint32_t)slot);
    }
    return pools_seat_find_member(&table->seats, owner);
}

/* A name with CRES that is no member yet; nothing is above the apex. */
static void join(struct pools_table *table, const struct pools_lookup *lookup,
                 const struct zone_node *node)
{
    if (!dns_name_equal(node->owner, table->apex)) {
        struct pools_seat *seat = seat_above(table, lookup, node->owner);
        renew_member(table, pools_seat_join(&table->seats, seat, node->owner), node);
    }
}

static void renew_pool(struct pools_table *table, const struct pools_lookup *lookup,
                       const uint8_t *owner)
{
    struct pools_member *member = find_member(table, owner);
    const struct zone_node *node = lookup->get(lookup->context, owner);
    bool has_res = node && zone_node_find(node, DNS_TYPE_CRES);
    if (has_res && !member) {
        join(table, lookup, node);
    } else if (has_res) {
        renew_member(table, member, node);
    } else if (member) {
        struct pools_seat *seat = member->seat;
        take_out(table, member);
        pools_seat_leave(&table->seats, member);
        pools_seat_settle(&table->seats, seat);
    }
}

static void renew_load(struct pools_table *table, const struct pools_lookup *lookup,
                       const uint8_t *owner)
{
    const struct pools_member *member = find_member(table, owner);
    if (member && member->slot != POOLS_NONE) {
        pools_row_fill_load(&table->row, &table->key, lookup->get(lookup->context, owner));
        pools_block_put_load(&table->blocks, member->slot, &table->row);
    }
}

void pools_table_renew(struct pools_table *table, const struct pools_lookup *lookup,
                       const uint8_t *owner, unsigned what)
{
    if (what & (POOLS_TABLE_CENTRE | POOLS_TABLE_PATHS)) {
        renew_centre(table, lookup, owner, what & POOLS_TABLE_CENTRE);
    }
    if (what & POOLS_TABLE_POOL) {
        renew_pool(table, lookup, owner);
    } else if (what & POOLS_TABLE_LOAD) {
        renew_load(table, lookup, owner);
    }
    if (what & POOLS_TABLE_DATA) {
        pools_copies_renew(&table->copies, owner, lookup->get(lookup->context, owner));
    }
}

void pools_table_add(struct pools_table *table, const struct pools_lookup *lookup,
                     const struct zone_node *node)
{
    if (zone_node_find(node, DNS_TYPE_CENTRE) && !pools_seat_find(&table->seats, node->owner)) {
        renew_centre(table, lookup, node->owner, true);
    }
    if (zone_node_find(node, DNS_TYPE_CRES)) {
        join(table, lookup, node);
    }
    if (zone_node_find(node, DNS_TYPE_CDATA)) {
        pools_copies_renew(&table->copies, node->owner, node);
    }
}

const struct pools *pools_table_finish(struct pools_table *table, uint64_t version)
{
    if (!table->turn.changed && table->root) {
        return &table->root->pools;
    }
    struct root *old = table->root;
    table->root = pools_turn_make(&table->turn, sizeof(*table->root));
    table->root->pools = (struct pools){
        .version = version,
        .pool_count = table->blocks.pool_count,
        .block_count = table->blocks.count,
        .blocks = table->blocks.list ? (const void *)table->blocks.list->items : NULL,
        .has_centres = table->place_count < table->centre_count,
        .centre_count = table->centre_count,
        .centres = table->centres ? (const void *)table->centres->items : NULL,
        .key = table->key,
        .sets = table->copies.map,
        .names = table->names,
        .reach = table->reach,
        .postings = table->blocks.postings,
    };
    pools_turn_drop(&table->turn, old);
    return &table->root->pools;
}

void pools_table_settle(struct pools_table *table)
{
    pools_turn_end(&table->turn);
}
