#include "sched/choose/debit.h"

static uint64_t *amount_of(struct debit_amounts *amounts, uint16_t key)
{
    switch (key) {
    case ATTR_KEY_cpu:
        return &amounts->cpu;
    case ATTR_KEY_mem:
        return &amounts->mem;
    case ATTR_KEY_accn:
        return &amounts->acc_milli;
    case ATTR_KEY_sto:
        return &amounts->sto;
    case ATTR_KEY_nodes:
        return &amounts->nodes;
    default: /* no capacity: nothing is taken */
        return NULL;
    }
}

int debit_choose(struct debit *debit, struct choose *choose, struct choose_ask *ask,
                 struct choose_answer *out, uint64_t *out_id)
{
    struct debit_amounts amounts = {0};
    uint64_t name = 0;
    ask->debit = debit;
    choose_rank(choose, ask, out);
    if (out->count == 0) {
        return ERR_MISSING;
    }
    for (unsigned i = 0; i < ask->need->test_count; i++) {
        const struct need_test *test = &ask->need->tests[i];
        uint64_t *amount = test->is_asked ? amount_of(&amounts, test->key) : NULL;
        if (amount && *amount < test->values[0]) { /* asked twice: the larger holds */
            *amount = test->values[0];
        }
    }
    pools_value(ask->pools, out->picks[0].slot, POOLS_NAME, &name);
    return debit_add(debit, out->picks[0].slot, name, &amounts, ask->now_s, out_id);
}
