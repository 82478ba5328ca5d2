#include "sched/choose/debit.h"

/* What a test takes when it is promised: as much of a free figure as it asks for. */
static void take(const struct need_test *test, struct debit_amounts *amounts)
{
    bool takes = test->kind == NEED_FREE && (test->op == NEED_GE || test->op == NEED_EQ);
    for (unsigned k = 0; takes && k < DEBIT_FREE; k++) {
        if (test->column == debit_columns[k] && amounts->free[k] < test->values[0]) {
            amounts->free[k] = test->values[0]; /* asked twice: the larger holds */
        }
    }
}

int debit_choose(struct debit *debit, struct choose *choose, struct choose_ask *ask,
                 struct choose_answer *out, uint64_t *out_id)
{
    struct debit_amounts amounts = {.free = {0}};
    ask->debit = debit;
    choose_rank(choose, ask, out);
    if (out->count == 0) {
        return ERR_MISSING;
    }
    for (unsigned i = 0; i < ask->need->test_count; i++) {
        take(&ask->need->tests[i], &amounts);
    }
    struct debit_pool pool = debit_pool_at(ask->pools, out->picks[0].slot);
    return debit_add(debit, &pool, &amounts, ask->now_s, out_id);
}
