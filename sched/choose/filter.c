#include "sched/choose/filter.h"

#include "sched/choose/haul.h"
#include "sched/choose/shed.h"
#include "sched/choose/way.h"

enum { STATE_DRAIN = 2, HEALTH_FAILED = 3 }; /* words of state and health */

struct pass {
    struct choose *work;
    size_t number;
    const struct pools_block *block;
    struct choose_answer *out;
};

/* Count those that fail, return those that are left. */
static uint64_t drop(struct pass *pass, uint64_t left, uint64_t good, enum choose_reason reason,
                     int test)
{
    uint64_t failed = left & ~good;
    if (failed) {
        uint32_t count = (uint32_t)__builtin_popcountll(failed);
        pass->out->reasons[reason] += count;
        if (test >= 0) {
            pass->out->failed_test[test] += count;
        }
    }
    return left & good;
}

static uint64_t posted(const struct pass *pass, const uint64_t *posting)
{
    return posting ? posting[pass->number] : 0;
}

static bool has_item(const struct pools_pool *pool, const struct work_test *at)
{
    bool is_any = false;
    for (size_t i = 0; i < pool->item_count; i++) {
        for (unsigned k = 0; k < at->test->count && pool->items[i].key == at->test->key; k++) {
            is_any |= pool->items[i].hash == at->test->values[k];
        }
    }
    return is_any != (at->test->op == NEED_NE);
}

static uint64_t list_mask(const struct pass *pass, const struct work_test *at, uint64_t left)
{
    uint64_t good = 0;
    for (left &= pass->block->has[at->test->column]; left; left &= left - 1) {
        unsigned lane = (unsigned)__builtin_ctzll(left);
        good |= (uint64_t)has_item(pass->block->pool[lane], at) << lane;
    }
    return good;
}

LANES_WIDE
static uint64_t compare(const struct work_test *at, const uint64_t *value)
{
    const struct need_test *test = at->test;
    uint64_t good = 0;
    if (test->op == NEED_GE) {
        return lanes_at_least(value, test->values[0]);
    }
    if (test->op == NEED_LE) {
        bool is_all = test->values[0] == UINT64_MAX;
        return is_all ? UINT64_MAX : ~lanes_at_least(value, test->values[0] + 1);
    }
    for (unsigned i = 0; i < test->count; i++) {
        good |= at->kind == ATTR_SET ? lanes_share(value, test->values[i])
                                     : lanes_equal(value, test->values[i]);
    }
    return test->op == NEED_NE ? ~good : good;
}

static uint64_t column_mask(const struct pass *pass, const struct work_test *at)
{
    static const uint64_t zeros[LANES];
    const uint64_t *value = work_column(pass->work, pass->number, at->test->column);
    uint64_t has = pass->block->has[at->test->column];
    if (at->kind == ATTR_BOOL) { /* absent is no, and known */
        return compare(at, value && has ? value : zeros);
    }
    return value && has ? compare(at, value) & has : 0;
}

static uint64_t path_mask(const struct pass *pass, const struct work_test *at, uint64_t left)
{
    uint64_t good = 0;
    for (; left; left &= left - 1) {
        unsigned lane = (unsigned)__builtin_ctzll(left);
        const struct work_centre *way =
            way_of(pass->work, work_centre_at(pass->work, pass->number, lane));
        good |= (uint64_t)way_passes(way, at) << lane;
    }
    return good;
}

static uint64_t posted_mask(const struct pass *pass, const struct work_test *at)
{
    uint64_t good = 0;
    for (unsigned i = 0; i < at->test->count; i++) {
        good |= posted(pass, at->postings[i]);
    }
    return at->test->op == NEED_NE ? pass->block->has[at->test->column] & ~good : good;
}

static uint64_t test_mask(const struct pass *pass, const struct work_test *at, uint64_t left)
{
    if (at->is_posted) {
        return posted_mask(pass, at);
    }
    if (at->test->kind == NEED_PATH) {
        return path_mask(pass, at, left);
    }
    return at->kind == ATTR_LIST ? list_mask(pass, at, left) : column_mask(pass, at);
}

static uint64_t on_mask(const struct pass *pass, uint64_t on)
{
    const uint64_t *name = pass->block->value[POOLS_NAME];
    const uint64_t *centre = pass->block->value[POOLS_CENTRE];
    return (name ? lanes_equal(name, on) & pass->block->has[POOLS_NAME] : 0) |
           (centre ? lanes_equal(centre, on) & pass->block->has[POOLS_CENTRE] : 0);
}

static uint64_t members(const struct pass *pass, uint64_t left)
{
    const struct choose *work = pass->work;
    uint64_t on = work->ask->need->on;
    left &= work->members[pass->number];
    if (on == 0 || left == 0) {
        return left;
    }
    if (work->on_posted) {
        return left & (posted(pass, work->on[0]) | posted(pass, work->on[1]));
    }
    return left & on_mask(pass, on);
}

/* Each pool belongs to the first group whose tests it passes. */
static uint64_t groups(const struct pass *pass, uint64_t left)
{
    struct choose *work = pass->work;
    uint64_t grouped = 0;
    for (size_t g = 0; g < work->group_count; g++) {
        const struct need *need = work->ask->groups[g].need;
        uint64_t good = left & ~grouped;
        good &= need->on && good ? on_mask(pass, need->on) : UINT64_MAX;
        for (unsigned i = 0; i < work->groups[g].count && good; i++) {
            good &= test_mask(pass, &work->groups[g].tests[i], good);
        }
        work->in_group[pass->number][g] = good;
        grouped |= good;
    }
    return work->group_count ? grouped : left;
}

static bool is_within(uint64_t from_s, uint64_t until_s, int64_t now_s)
{
    return now_s >= 0 && from_s <= (uint64_t)now_s && (uint64_t)now_s < until_s;
}

static uint64_t closed(const struct pass *pass, uint64_t left)
{
    const struct choose *work = pass->work;
    const uint64_t *state = pass->block->value[ATTR_INDEX_state];
    uint64_t mask = 0;
    if (work->closed_posted) {
        mask = posted(pass, work->closed[0]) | posted(pass, work->closed[1]);
    } else if (state && pass->block->has[ATTR_INDEX_state]) {
        mask = lanes_at_least(state, STATE_DRAIN) & pass->block->has[ATTR_INDEX_state];
    }
    left &= pass->block->has[ATTR_INDEX_maint] & ~mask;
    for (; left; left &= left - 1) {
        unsigned lane = (unsigned)__builtin_ctzll(left);
        const struct pools_pool *pool = pass->block->pool[lane];
        const struct pools_centre *centre = work->ask->pools->centres[pool->centre];
        bool is_closed = is_within(pool->maint_from_s, pool->maint_until_s, work->ask->now_s) ||
                         is_within(centre->maint_from_s, centre->maint_until_s, work->ask->now_s);
        mask |= (uint64_t)is_closed << lane;
    }
    return mask;
}

/* Tests first .. last - 1 of the requirement. */
static uint64_t test(struct pass *pass, uint64_t left, unsigned first, unsigned last,
                     enum choose_reason reason)
{
    for (unsigned i = first; i < last && left; i++) {
        const struct work_test *at = &pass->work->tests.tests[i];
        left = drop(pass, left, test_mask(pass, at, left), reason, at->number);
    }
    return left;
}

static uint64_t with_data(const struct pass *pass, uint64_t left)
{
    uint64_t good = 0;
    for (; left; left &= left - 1) {
        unsigned lane = (unsigned)__builtin_ctzll(left);
        good |=
            (uint64_t)haul_of(pass->work, work_centre_at(pass->work, pass->number, lane))->has_data
            << lane;
    }
    return good;
}

static uint64_t stale(const struct pass *pass)
{
    const struct choose *work = pass->work;
    const uint64_t *obs = pass->block->value[ATTR_INDEX_obs];
    int64_t oldest_s = work->ask->now_s - work->maxage_s;
    if (!obs || oldest_s <= 0) {
        return 0;
    }
    return ~lanes_at_least(obs, (uint64_t)oldest_s) & pass->block->has[ATTR_INDEX_obs];
}

static uint64_t failed(const struct pass *pass)
{
    const uint64_t *health = pass->block->value[ATTR_INDEX_health];
    return health ? lanes_equal(health, HEALTH_FAILED) & pass->block->has[ATTR_INDEX_health] : 0;
}

static uint64_t not_shed(const struct pass *pass, uint64_t left)
{
    uint64_t good = 0;
    for (; left; left &= left - 1) {
        unsigned lane = (unsigned)__builtin_ctzll(left);
        double busy;
        bool is_idle = shed_busy(pass->work, pass->number, lane, &busy) && busy < pass->work->high;
        good |= (uint64_t)is_idle << lane;
    }
    return good;
}

static uint64_t reachable(struct pass *pass, uint64_t left)
{
    for (uint64_t todo = left; todo; todo &= todo - 1) {
        unsigned lane = (unsigned)__builtin_ctzll(todo);
        const struct work_centre *way =
            way_of(pass->work, work_centre_at(pass->work, pass->number, lane));
        if (way->failed_test >= 0) {
            const struct work_test *at = &pass->work->tests.tests[way->failed_test];
            left = drop(pass, left, ~(1ull << lane), CHOOSE_PATH, at->number);
        }
    }
    return left;
}

/* Tests of a kind stand together. */
static uint64_t test_kind(struct pass *pass, uint64_t left, enum need_kind kind,
                          enum choose_reason reason)
{
    const struct work_tests *tests = &pass->work->tests;
    unsigned first = tests->numbers;
    while (first < tests->count && tests->tests[first].test->kind < kind) {
        first++;
    }
    unsigned last = first;
    while (last < tests->count && tests->tests[last].test->kind == kind) {
        last++;
    }
    return test(pass, left, first, last, reason);
}

uint64_t filter_block(struct choose *work, size_t block, uint64_t left, struct choose_answer *out)
{
    struct pass pass = {work, block, work->ask->pools->blocks[block], out};
    left &= pass.block->used;
    work_open(work, block);
    left = drop(&pass, left, members(&pass, left), CHOOSE_MEMBER, -1);
    left = drop(&pass, left, groups(&pass, left), CHOOSE_GROUP, -1);
    left = drop(&pass, left, ~closed(&pass, left), CHOOSE_CLOSED, -1);
    left = test(&pass, left, 0, work->tests.numbers, CHOOSE_LACKS);
    if (!left) {
        return 0; /* no column of the block was read if postings did it */
    }
    left = test_kind(&pass, left, NEED_WHAT, CHOOSE_LACKS);
    if (work->ask->need->set_count > 0) {
        left = drop(&pass, left, with_data(&pass, left), CHOOSE_DATA, -1);
    }
    left = drop(&pass, left, ~stale(&pass), CHOOSE_STALE, -1);
    left = drop(&pass, left, ~failed(&pass), CHOOSE_FAILED, -1);
    left = test_kind(&pass, left, NEED_FREE, CHOOSE_FULL);
    left = test_kind(&pass, left, NEED_LOAD, CHOOSE_LIMIT);
    if (work->high > 0) {
        left = drop(&pass, left, not_shed(&pass, left), CHOOSE_SHED, -1);
    }
    return work->tests.has_path ? reachable(&pass, left) : left;
}

bool filter_value(struct choose *work, size_t block, unsigned lane, const struct need_test *test,
                  uint64_t *out_value)
{
    const struct pools_block *from = work->ask->pools->blocks[block];
    unsigned kind = attr_get(test->column)->kind;
    *out_value = 0;
    if (test->kind == NEED_PATH) {
        const struct work_centre *way = way_of(work, work_centre_at(work, block, lane));
        return way->path && way_value(way->path, test->column, out_value);
    }
    const uint64_t *value = work_column(work, block, test->column);
    bool has = from->has[test->column] >> lane & 1;
    if (value && has) {
        *out_value = value[lane];
    }
    return has || kind == ATTR_BOOL;
}
