#include "sched/choose/pools_seat.h"

#include <string.h>

#include "base/mem.h"
#include "zones/dns_name.h"

void pools_seat_init(struct pools_seats *seats, struct pools_turn *turn, const struct hash_key *key)
{
    *seats = (struct pools_seats){.turn = turn, .key = key};
    seats->seats = pools_map_create(&seats->own);
    seats->members = pools_map_create(&seats->own);
}

static struct pools_seat *seat_of(uint64_t number)
{
    return (struct pools_seat *)(uintptr_t)number;
}

static void free_seat(void *context, uint64_t key, uint64_t number)
{
    (void)context;
    (void)key;
    for (struct pools_member *member = seat_of(number)->first, *next; member; member = next) {
        next = member->next;
        mem_free(member);
    }
    mem_free(seat_of(number));
}

void pools_seat_finish(struct pools_seats *seats)
{
    pools_map_each(seats->seats, free_seat, NULL);
    pools_map_destroy(seats->seats);
    pools_map_destroy(seats->members);
    mem_free(seats->by_slot);
}

struct pools_seat *pools_seat_find(const struct pools_seats *seats, const uint8_t *name)
{
    uint64_t number;
    if (!pools_map_find(seats->seats, pools_map_name(seats->key, name), &number)) {
        return NULL;
    }
    return dns_name_equal(seat_of(number)->name, name) ? seat_of(number) : NULL;
}

struct pools_seat *pools_seat_add(struct pools_seats *seats, const uint8_t *name)
{
    size_t len = dns_name_len(name);
    struct pools_seat *seat = pools_turn_make(seats->turn, sizeof(*seat) + len);
    memcpy(seat->name, name, len);
    seat->place = POOLS_NONE;
    pools_map_put(&seats->own, &seats->seats, pools_map_name(seats->key, name), (uintptr_t)seat);
    return seat;
}

void pools_seat_settle(struct pools_seats *seats, struct pools_seat *seat)
{
    if (!seat->first && seat->place == POOLS_NONE) {
        pools_map_remove(&seats->own, &seats->seats, pools_map_name(seats->key, seat->name));
        pools_turn_drop(seats->turn, seat);
    }
}

struct pools_member *pools_seat_find_member(const struct pools_seats *seats, const uint8_t *name)
{
    uint64_t number;
    if (!pools_map_find(seats->members, pools_map_name(seats->key, name), &number)) {
        return NULL;
    }
    struct pools_member *member = (struct pools_member *)(uintptr_t)number;
    return dns_name_equal(member->name, name) ? member : NULL;
}

struct pools_member *pools_seat_at(const struct pools_seats *seats, uint32_t slot)
{
    return slot < seats->slots ? seats->by_slot[slot] : NULL;
}

struct pools_member *pools_seat_join(struct pools_seats *seats, struct pools_seat *seat,
                                     const uint8_t *name)
{
    size_t len = dns_name_len(name);
    struct pools_member *member = pools_turn_make(seats->turn, sizeof(*member) + len);
    memcpy(member->name, name, len);
    member->seat = seat;
    member->slot = POOLS_NONE;
    member->next = seat->first;
    if (member->next) {
        member->next->before = member;
    }
    seat->first = member;
    return member;
}

static void set_mapped(struct pools_seats *seats, struct pools_member *member, bool is_mapped)
{
    uint64_t key = is_mapped != member->is_mapped ? pools_map_name(seats->key, member->name) : 0;
    if (is_mapped && !member->is_mapped) {
        pools_map_put(&seats->own, &seats->members, key, (uintptr_t)member);
    } else if (!is_mapped && member->is_mapped) {
        pools_map_remove(&seats->own, &seats->members, key);
    }
    member->is_mapped = is_mapped;
}

static void put_slot(struct pools_seats *seats, uint32_t slot, struct pools_member *member)
{
    size_t room = seats->slots;
    while (room <= slot) {
        room += room / 2 + POOLS_BLOCK;
    }
    if (room > seats->slots) {
        seats->by_slot = mem_grow(seats->by_slot, room, sizeof(*seats->by_slot));
        memset(seats->by_slot + seats->slots, 0, (room - seats->slots) * sizeof(*seats->by_slot));
        seats->slots = room;
    }
    seats->by_slot[slot] = member;
}

void pools_seat_move(struct pools_seats *seats, struct pools_member *member, uint32_t slot)
{
    if (member->slot != POOLS_NONE) {
        seats->by_slot[member->slot] = NULL;
    }
    if (slot != POOLS_NONE) {
        put_slot(seats, slot, member);
    }
    set_mapped(seats, member, slot == POOLS_NONE);
    member->slot = slot;
}

void pools_seat_leave(struct pools_seats *seats, struct pools_member *member)
{
    if (member->next) {
        member->next->before = member->before;
    }
    if (member->before) {
        member->before->next = member->next;
    } else {
        member->seat->first = member->next;
    }
    set_mapped(seats, member, false);
    pools_turn_drop(seats->turn, member);
}
