#include "sched/choose/pools_turn.h"

#include <string.h>

#include "base/mem.h"
#include "base/rcu.h"

enum { WASTE_LEAST = 64, LIST_LEAST = 8 };

/* Freed together after one grace period. */
struct pools_waste {
    struct rcu_later later;
    size_t count, room;
    void *items[];
};

void *pools_turn_make(struct pools_turn *turn, size_t size)
{
    uint64_t *object = mem_alloc(size);
    *object = turn->number;
    turn->changed = true;
    return object;
}

static uint64_t number_of(const void *object)
{
    return *(const uint64_t *)object;
}

void *pools_turn_own(struct pools_turn *turn, void *object, size_t size, size_t room)
{
    bool is_mine = number_of(object) == turn->number;
    if (is_mine && room > size) {
        object = mem_grow(object, 1, room);
        memset((char *)object + size, 0, room - size);
    }
    if (is_mine) {
        return object;
    }
    uint64_t *copy;
    if (room > size) {
        copy = mem_alloc(room);
        memcpy(copy, object, size);
    } else {
        copy = mem_copy(object, size);
    }
    *copy = turn->number;
    turn->changed = true;
    pools_turn_drop(turn, object);
    return copy;
}

void pools_turn_drop(struct pools_turn *turn, void *object)
{
    if (!object || number_of(object) == turn->number) { /* nobody has seen it */
        mem_free(object);
        return;
    }
    struct pools_waste *waste = turn->waste;
    size_t count = waste ? waste->count : 0;
    if (!waste || count == waste->room) {
        size_t room = waste ? 2 * count : WASTE_LEAST;
        waste = mem_grow(waste, 1, sizeof(*waste) + room * sizeof(waste->items[0]));
        waste->room = room;
        turn->waste = waste;
    }
    waste->items[count] = object;
    waste->count = count + 1;
    turn->changed = true;
}

void pools_turn_put(struct pools_turn *turn, struct pools_list **list, size_t at, const void *item)
{
    struct pools_list *old = *list;
    size_t room = old ? old->room : 0;
    if (!old) {
        room = LIST_LEAST;
        *list = pools_turn_make(turn, sizeof(*old) + room * sizeof(old->items[0]));
        (*list)->room = room;
    }
    size_t size = sizeof(*old) + room * sizeof(old->items[0]);
    while (at >= room) {
        room += room / 2;
    }
    *list = pools_turn_own(turn, *list, size, sizeof(*old) + room * sizeof(old->items[0]));
    (*list)->room = room;
    (*list)->items[at] = item;
}

static void waste_free(struct rcu_later *later)
{
    struct pools_waste *waste = (struct pools_waste *)(void *)later; /* later is the first member */
    for (size_t i = 0; i < waste->count; i++) {
        mem_free(waste->items[i]);
    }
    mem_free(waste);
}

void pools_turn_end(struct pools_turn *turn)
{
    if (turn->waste) {
        rcu_defer(&turn->waste->later, waste_free);
    }
    *turn = (struct pools_turn){.number = turn->number + 1};
}
