#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/rcu.h"
#include "sched/choose/debit.h"
#include "tests/lib/pools.h"

enum { NOW_S = 1000, TIMEOUT_S = 300, MANY = 1000 };

static const char four_pools[] = "pcl CENTRE . kind=ai\n"
                                 "a.pcl CRES . acc=x accn=64 cpu=512\n"
                                 "a.pcl CLOAD . obs=990 accf=64 cpuf=512\n"
                                 "b.pcl CRES . acc=x accn=1000\n"
                                 "b.pcl CLOAD . obs=990 accf=331\n"
                                 "c.pcl CRES . acc=x accn=8\n"
                                 "c.pcl CLOAD . obs=990 accf=7\n"
                                 "d.pcl CRES . acc=x accn=100\n"
                                 "d.pcl CLOAD . obs=990 accf=100\n";

static struct choose *choose;
static struct choose_answer answer;

static int take(struct debit *debit, const struct pools *pools, const char *words, int64_t now_s,
                uint64_t *id)
{
    struct need need = pools_need(words);
    struct choose_ask ask = {.pools = pools, .need = &need, .now_s = now_s};
    return debit_choose(debit, choose, &ask, &answer, id);
}

static void a_thousand_requests_get_no_more_than_was_free(void **state)
{
    const struct pools *pools = pools_make(four_pools);
    struct debit *debit = debit_create(MANY, TIMEOUT_S);
    uint64_t id, total = 0;
    unsigned given = 0;
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        int err = take(debit, pools, "accn-8 by-load", NOW_S, &id);
        assert_true(err == 0 || err == ERR_MISSING);
        given += err == 0;
    }
    assert_int_equal(given, 64 / 8 + 331 / 8 + 0 + 100 / 8);
    for (uint32_t slot = 0; slot < 4; slot++) {
        uint64_t promised = debit_of(debit, slot, 990, NOW_S).acc_milli, free_milli = 0;
        assert_true(pools_value(pools, slot, ATTR_INDEX_accf, &free_milli));
        assert_true(promised <= free_milli);
        total += promised;
    }
    assert_int_equal(total, given * 8000);
    assert_int_equal(answer.reasons[CHOOSE_FULL], 4);
    debit_destroy(debit);
}

static void every_amount_that_is_asked_for_is_taken(void **state)
{
    const struct pools *pools = pools_make(four_pools);
    struct debit *debit = debit_create(4, TIMEOUT_S);
    uint64_t id;
    (void)state;
    assert_int_equal(take(debit, pools, "accn-8 cpu-100", NOW_S, &id), 0);
    struct debit_amounts amounts = debit_of(debit, pools_slot(pools, "a.pcl"), 990, NOW_S);
    assert_int_equal(amounts.acc_milli, 8000);
    assert_int_equal(amounts.cpu, 100);
    assert_int_equal(amounts.mem, 0);
    debit_destroy(debit);
}

static void a_promise_ends_by_its_owner_by_time_or_by_a_newer_report(void **state)
{
    static const struct {
        const char *label;
        int64_t obs_s, now_s;
        bool is_over;
    } rows[] = {
        {"the same report", 990, NOW_S, false},
        {"a report of the same second may not know it", NOW_S, NOW_S, false},
        {"a newer report knows it", NOW_S + 1, NOW_S + 1, true},
        {"just before its time-out", 990, NOW_S + TIMEOUT_S - 1, false},
        {"at its time-out", 990, NOW_S + TIMEOUT_S, true},
        {"a pool without reports", INT64_MIN, NOW_S, false},
    };
    const struct pools *pools = pools_make(four_pools);
    struct debit *debit = debit_create(4, TIMEOUT_S);
    uint32_t slot = pools_slot(pools, "a.pcl");
    uint64_t id;
    (void)state;
    assert_int_equal(take(debit, pools, "accn-8 on-a-pcl", NOW_S, &id), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t left = debit_of(debit, slot, rows[i].obs_s, rows[i].now_s).acc_milli;
        if (left != (rows[i].is_over ? 0 : 8000)) {
            fail_msg("%s: %u", rows[i].label, (unsigned)left);
        }
    }
    assert_true(debit_end(debit, id));
    assert_false(debit_end(debit, id));
    assert_int_equal(debit_of(debit, slot, 990, NOW_S).acc_milli, 0);
    debit_destroy(debit);
}

static void a_full_list_promises_nothing_until_it_is_swept(void **state)
{
    const struct pools *pools = pools_make(four_pools);
    struct debit *debit = debit_create(2, TIMEOUT_S);
    uint64_t id;
    (void)state;
    assert_int_equal(take(debit, pools, "accn-8", NOW_S, &id), 0);
    assert_int_equal(take(debit, pools, "accn-8", NOW_S + 10, &id), 0);
    assert_int_equal(take(debit, pools, "accn-8", NOW_S + 10, &id), ERR_LIMIT);
    debit_sweep(debit, pools, NOW_S + TIMEOUT_S - 1);
    assert_int_equal(take(debit, pools, "accn-8", NOW_S + 10, &id), ERR_LIMIT);
    debit_sweep(debit, pools, NOW_S + TIMEOUT_S);
    assert_int_equal(take(debit, pools, "accn-8", NOW_S + 10, &id), 0);
    assert_int_equal(take(debit, pools, "accn-8", NOW_S + 10, &id), ERR_LIMIT);
    debit_destroy(debit);
}

static void a_sweep_forgets_what_newer_reports_know_and_pools_that_went(void **state)
{
    const struct pools *pools = pools_make(four_pools);
    struct debit *debit = debit_create(3, TIMEOUT_S);
    struct debit_amounts amounts = {.cpu = 1};
    uint64_t of_pool, of_other, name;
    (void)state;
    assert_true(pools_value(pools, 0, POOLS_NAME, &name));
    assert_int_equal(debit_add(debit, 0, name, &amounts, 980, &of_pool), 0);
    assert_int_equal(debit_add(debit, 1, name, &amounts, NOW_S, &of_other), 0);
    assert_true(debit_touches(debit, 0));
    debit_sweep(debit, pools, NOW_S);
    assert_false(debit_end(debit, of_pool));  /* obs 990 */
    assert_false(debit_end(debit, of_other)); /* the slot is another pool's */
    assert_false(debit_touches(debit, 0));
    debit_destroy(debit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_requests_get_no_more_than_was_free),
        cmocka_unit_test(every_amount_that_is_asked_for_is_taken),
        cmocka_unit_test(a_promise_ends_by_its_owner_by_time_or_by_a_newer_report),
        cmocka_unit_test(a_full_list_promises_nothing_until_it_is_swept),
        cmocka_unit_test(a_sweep_forgets_what_newer_reports_know_and_pools_that_went),
    };
    rcu_enter();
    choose = choose_create();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    choose_destroy(choose);
    pools_end();
    rcu_leave();
    return failed;
}
