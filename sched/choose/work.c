#include "sched/choose/work.h"

#include "base/mem.h"
#include "sched/choose/need.h"

static void grow_blocks(struct choose *work, size_t blocks)
{
    if (blocks <= work->blocks_size) {
        return;
    }
    blocks += blocks / 4;
    work->members = mem_grow(work->members, blocks, sizeof *work->members);
    work->fit = mem_grow(work->fit, blocks, sizeof *work->fit);
    work->spread_out = mem_grow(work->spread_out, blocks, sizeof *work->spread_out);
    work->in_group = mem_grow(work->in_group, blocks, sizeof *work->in_group);
    for (size_t i = 0; i < WORK_RAW; i++) {
        work->raw[i] = mem_grow(work->raw[i], blocks, LANES * sizeof *work->raw[i]);
    }
    work->scores = mem_grow(work->scores, blocks, LANES * sizeof *work->scores);
    work->order = mem_grow(work->order, blocks, LANES * sizeof *work->order);
    work->blocks_size = blocks;
}

static void grow_centres(struct choose *work, size_t centres)
{
    if (centres <= work->centres_size) {
        return;
    }
    size_t old = work->centres_size;
    centres += centres / 4;
    work->centres = mem_grow(work->centres, centres, sizeof *work->centres);
    memset(work->centres + old, 0, (centres - old) * sizeof *work->centres);
    work->centres_size = centres;
}

/* A table that is never more than half full of what there is one of for each pool or centre. */
static void grow_tally(struct choose *work, size_t entries)
{
    size_t size = work->tally_size ? work->tally_size : 64;
    while (size < 2 * entries) {
        size *= 2;
    }
    if (size == work->tally_size) {
        return;
    }
    mem_free(work->tally);
    work->tally = mem_alloc(size * sizeof *work->tally);
    work->tally_size = size;
    work->tally_stamp = 1; /* no entry has it */
}

void work_finish(struct choose *work)
{
    mem_free(work->members);
    mem_free(work->fit);
    mem_free(work->spread_out);
    mem_free(work->in_group);
    for (size_t i = 0; i < WORK_RAW; i++) {
        mem_free(work->raw[i]);
    }
    mem_free(work->scores);
    mem_free(work->order);
    mem_free(work->centres);
    mem_free(work->tally);
}

void work_forget(struct choose *work)
{
    work->tally_stamp++;
}

static size_t tally_place(const struct choose *work, uint64_t key)
{
    size_t mask = work->tally_size - 1;
    size_t place = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (work->tally[place].stamp == work->tally_stamp && work->tally[place].key != key) {
        place = (place + 1) & mask;
    }
    return place;
}

struct work_tally *work_tally(struct choose *work, uint64_t key)
{
    struct work_tally *entry = &work->tally[tally_place(work, key)];
    if (entry->stamp != work->tally_stamp) {
        *entry = (struct work_tally){.key = key, .stamp = work->tally_stamp};
    }
    return entry;
}

const struct work_tally *work_tally_find(const struct choose *work, uint64_t key)
{
    const struct work_tally *entry = &work->tally[tally_place(work, key)];
    return entry->stamp == work->tally_stamp ? entry : NULL;
}

/* Weights of the question, else of the requirement, else the default. */
static void weigh(struct choose *work)
{
    static const uint8_t usual[NEED_POLICIES] = {[CHOOSE_load] = 60, [CHOOSE_network] = 40};
    const struct choose_ask *ask = work->ask;
    const uint8_t *weights = usual;
    if (ask->weights && need_has_weights(ask->weights)) {
        weights = ask->weights;
    } else if (need_has_weights(ask->need->weights)) {
        weights = ask->need->weights;
    }
    work->weight_sum = 0;
    for (unsigned i = 0; i < CHOOSE_POLICIES; i++) {
        work->weights[i] = weights[i];
        work->weight_sum += weights[i];
    }
}

static void post(const struct pools *pools, struct work_test *to)
{
    const struct need_test *test = to->test;
    bool is_indexed = test->kind == NEED_WHAT && test->op != NEED_GE && test->op != NEED_LE;
    for (unsigned i = 0; is_indexed && i < test->count; i++) {
        to->postings[i] = pools_posting(pools, test->column, test->values[i], &is_indexed);
    }
    to->is_posted = is_indexed;
}

static bool is_number(const struct need_test *test)
{
    return attr_get(test->column)->kind == ATTR_UINT;
}

static void take(struct choose *work, struct work_tests *to, const struct need *need, unsigned i)
{
    struct work_test *at = &to->tests[to->count++];
    const struct need_test *test = &need->tests[i];
    at->test = test;
    at->number = (int)i;
    at->kind = attr_get(test->column)->kind;
    post(work->ask->pools, at);
    to->has_path |= test->kind == NEED_PATH;
}

/* What has postings comes first, numbers of what a pool is next: a block where nobody is left is not read. */
static void order_tests(struct choose *work, const struct need *need, struct work_tests *out)
{
    out->count = 0;
    out->has_path = false;
    for (unsigned i = 0; i < need->test_count; i++) {
        if (need->tests[i].kind == NEED_WHAT && !is_number(&need->tests[i])) {
            take(work, out, need, i);
        }
    }
    out->numbers = out->count;
    for (unsigned i = 0; i < need->test_count; i++) {
        if (need->tests[i].kind == NEED_WHAT && is_number(&need->tests[i])) {
            take(work, out, need, i);
        }
    }
    for (unsigned i = 0; i < need->test_count; i++) {
        if (need->tests[i].kind != NEED_WHAT) {
            take(work, out, need, i);
        }
    }
}

static void take_members(struct choose *work)
{
    const struct choose_ask *ask = work->ask;
    size_t blocks = ask->pools->block_count;
    memset(work->members, ask->members ? 0 : 0xff, blocks * sizeof *work->members);
    for (size_t i = 0; ask->members && i < ask->member_count; i++) {
        uint32_t slot = ask->members[i];
        if (slot / POOLS_BLOCK < blocks) {
            work->members[slot / POOLS_BLOCK] |= 1ull << slot % POOLS_BLOCK;
        }
    }
}

static void take_postings(struct choose *work)
{
    static const unsigned named[] = {POOLS_NAME, POOLS_CENTRE};
    const struct pools *pools = work->ask->pools;
    work->closed_posted = true;
    for (unsigned i = 0; i < 2 && work->closed_posted; i++) { /* words 2 and 3: drain, down */
        work->closed[i] = pools_posting(pools, ATTR_INDEX_state, i + 2, &work->closed_posted);
    }
    work->on_posted = work->ask->need->on != 0;
    for (unsigned i = 0; i < 2 && work->on_posted; i++) {
        work->on[i] = pools_posting(pools, named[i], work->ask->need->on, &work->on_posted);
    }
}

static unsigned spread_of(uint16_t key)
{
    const struct attr_row *row = key ? attr_find(key) : NULL;
    if (!row) {
        return POOLS_COLUMNS;
    }
    return key == ATTR_KEY_kind ? (unsigned)POOLS_CENTRE : (unsigned)(row - attr_get(0));
}

static void take_groups(struct choose *work)
{
    const struct choose_ask *ask = work->ask;
    work->group_count = ask->group_count < WORK_GROUPS_MAX ? ask->group_count : WORK_GROUPS_MAX;
    for (size_t i = 0; i < work->group_count; i++) {
        order_tests(work, ask->groups[i].need, &work->groups[i]);
        work->needs_way |= work->groups[i].has_path;
    }
}

/* What the question does not say, the requirement says, and else the default. */
static void take_limits(struct choose *work)
{
    const struct choose_ask *ask = work->ask;
    work->maxage_s = ask->maxage_s ? ask->maxage_s : CHOOSE_MAXAGE_S;
    work->low = ask->low;
    work->high = ask->high;
    work->spread = spread_of(ask->spread);
    work->most = ask->most ? ask->most : 1;
    work->top = ask->top ? ask->top : ask->need->top ? ask->need->top : NEED_TOP;
    work->top = work->top < NEED_TOP_MAX ? work->top : NEED_TOP_MAX;
}

void work_begin(struct choose *work, const struct choose_ask *ask)
{
    const struct need *need = ask->need;
    const struct pools *pools = ask->pools;
    grow_blocks(work, pools->block_count);
    grow_centres(work, pools->centre_count);
    grow_tally(work, pools->block_count * POOLS_BLOCK > pools->centre_count
                         ? pools->block_count * POOLS_BLOCK
                         : pools->centre_count);
    work->ask = ask;
    work->question++;
    work->debited_block = 0;
    weigh(work);
    take_members(work);
    take_postings(work);
    order_tests(work, need, &work->tests);
    work->needs_way = work->tests.has_path;
    take_limits(work);
    take_groups(work);
    work->asked_count = 0;
    for (unsigned i = 0; i < need->test_count; i++) {
        if (need->tests[i].is_asked) {
            work->asked[work->asked_count++] = i;
        }
    }
}

bool work_passes(const struct work_test *at, uint64_t value)
{
    const struct need_test *test = at->test;
    bool is_any = false;
    if (test->op == NEED_GE) {
        return value >= test->values[0];
    }
    if (test->op == NEED_LE) {
        return value <= test->values[0];
    }
    for (unsigned i = 0; i < test->count; i++) {
        is_any |= at->kind == ATTR_SET ? (value & test->values[i]) != 0 : value == test->values[i];
    }
    return is_any != (test->op == NEED_NE);
}

void work_open(struct choose *work, size_t block)
{
    const struct choose_ask *ask = work->ask;
    work->debited_block = 0;
    if (!ask->debit || !debit_touches(ask->debit, block)) {
        return;
    }
    const struct pools_block *from = ask->pools->blocks[block];
    for (unsigned k = 0; k < DEBIT_FREE; k++) {
        const uint64_t *value = from->value[debit_columns[k]];
        if (value) {
            memcpy(work->debited[k], value, sizeof work->debited[k]);
        }
    }
    for (unsigned i = 0; i < LANES; i++) {
        struct debit_pool pool = debit_pool_at(ask->pools, (uint32_t)(block * POOLS_BLOCK + i));
        struct debit_amounts gone = debit_of(ask->debit, &pool, ask->now_s);
        for (unsigned k = 0; k < DEBIT_FREE; k++) {
            uint64_t *left = &work->debited[k][i];
            *left -= gone.free[k] < *left ? gone.free[k] : *left;
        }
    }
    work->debited_block = block + 1;
}

const uint64_t *work_column(const struct choose *work, size_t block, unsigned column)
{
    const uint64_t *value = work->ask->pools->blocks[block]->value[column];
    if (value && work->debited_block == block + 1) {
        for (unsigned k = 0; k < DEBIT_FREE; k++) {
            value = column == debit_columns[k] ? work->debited[k] : value;
        }
    }
    return value;
}

/* The column saves the ways to the pools themselves. */
uint32_t work_centre_at(const struct choose *work, size_t block, unsigned lane)
{
    return (uint32_t)work->ask->pools->blocks[block]->value[POOLS_PLACE][lane];
}
