#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sched/choose/debit.h"
#include "tests/lib/pools.h"

enum { NOW_S = 1000, TIMEOUT_S = 300, MANY = 1000 };

enum { CPU, MEM, ACC, STO }; /* as debit_columns */

static const char four_pools[] = "pcl CENTRE . kind=ai\n"
                                 "a.pcl CRES . acc=x accn=64 cpu=512\n"
                                 "a.pcl CLOAD . obs=990 accf=64 cpuf=512\n"
                                 "b.pcl CRES . acc=x accn=1000\n"
                                 "b.pcl CLOAD . obs=990 accf=331\n"
                                 "c.pcl CRES . acc=x accn=8\n"
                                 "c.pcl CLOAD . obs=990 accf=7\n"
                                 "d.pcl CRES . acc=x accn=100\n"
                                 "d.pcl CLOAD . obs=990 accf=100\n";

static struct choose_answer answer;

static int take(struct debit *debit, const struct pools *pools, const char *words, int64_t now_s,
                uint64_t *id)
{
    struct need need = pools_need(words);
    struct choose_ask ask = {.pools = pools, .need = &need, .now_s = now_s};
    return debit_choose(debit, pools_choose, &ask, &answer, id);
}

static uint64_t promised(const struct debit *debit, const struct pools *pools, uint32_t slot,
                         unsigned figure)
{
    struct debit_pool pool = debit_pool_at(pools, slot);
    return debit_of(debit, &pool, NOW_S).free[figure];
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
        uint64_t taken = promised(debit, pools, slot, ACC), free_milli = 0;
        assert_true(pools_value(pools, slot, ATTR_INDEX_accf, &free_milli));
        assert_true(taken <= free_milli);
        total += taken;
    }
    assert_int_equal(total, given * 8000);
    assert_int_equal(answer.reasons[CHOOSE_FULL], 4);
    debit_destroy(debit);
}

static void every_free_figure_that_is_asked_for_is_taken(void **state)
{
    static const struct {
        const char *words;
        struct debit_amounts amounts;
    } rows[] = {
        {"accn-8 cpu-100", {{[ACC] = 8000, [CPU] = 100}}},
        {"accf-8", {{[ACC] = 8000}}},
        {"accf-eq-64", {{[ACC] = 64000}}},
        {"cpuf-10 memf-1g stof-2t", {{[CPU] = 10, [MEM] = 1024, [STO] = 2048}}},
        {"accn-8 accf-9", {{[ACC] = 9000}}}, /* asked twice: the larger holds */
        {"accf-le-64 accn-ge-1 accn-eq-64", {{[ACC] = 1000}}},
        {"accf-ne-8 cpu-le-600", {{0}}},
        {"nodes-4", {{0}}},
    };
    const struct pools *pools =
        pools_make("pcl CENTRE . kind=ai\n"
                   "a.pcl CRES . acc=x accn=64 cpu=512 mem=4t sto=9t nodes=9\n"
                   "a.pcl CLOAD . obs=990 accf=64 cpuf=512 memf=4t stof=9t\n");
    uint64_t id;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct debit *debit = debit_create(1, TIMEOUT_S);
        assert_int_equal(take(debit, pools, rows[i].words, NOW_S, &id), 0);
        for (unsigned k = 0; k < DEBIT_FREE; k++) {
            uint64_t taken = promised(debit, pools, pools_slot(pools, "a.pcl"), k);
            if (taken != rows[i].amounts.free[k]) {
                fail_msg("%s: %s %llu", rows[i].words, attr_get(debit_columns[k])->name,
                         (unsigned long long)taken);
            }
        }
        debit_destroy(debit);
    }
}

static void a_free_figure_that_is_asked_for_is_given_once(void **state)
{
    const struct pools *pools = pools_make(four_pools);
    struct debit *debit = debit_create(MANY, TIMEOUT_S);
    uint64_t id;
    unsigned given = 0;
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        given += take(debit, pools, "accf-8 on-a-pcl", NOW_S, &id) == 0;
    }
    assert_int_equal(given, 64 / 8);
    debit_destroy(debit);
}

static void a_promise_ends_by_its_owner_by_time_or_by_a_newer_report(void **state)
{
    static const struct {
        const char *label;
        int64_t made_of_s, obs_s, now_s;
        bool is_over;
    } rows[] = {
        {"the same report", 990, 990, NOW_S, false},
        {"a report of the same second may not know it", 990, NOW_S, NOW_S, false},
        {"a newer report knows it", 990, NOW_S + 1, NOW_S + 1, true},
        {"the same report, by a clock that is ahead", NOW_S + 60, NOW_S + 60, NOW_S, false},
        {"and some time later", NOW_S + 60, NOW_S + 60, NOW_S + 100, false},
        {"the next report by that clock", NOW_S + 60, NOW_S + 61, NOW_S + 1, true},
        {"just before its time-out", 990, 990, NOW_S + TIMEOUT_S - 1, false},
        {"at its time-out", 990, 990, NOW_S + TIMEOUT_S, true},
        {"at its time-out, by a clock that is ahead", NOW_S + 60, 990, NOW_S + TIMEOUT_S, true},
        {"a pool without reports", INT64_MIN, INT64_MIN, NOW_S, false},
        {"its first report", INT64_MIN, NOW_S + 1, NOW_S + 1, true},
    };
    static const struct debit_amounts amounts = {{[ACC] = 8000}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct debit *debit = debit_create(4, TIMEOUT_S);
        struct debit_pool pool = {.name = 7, .obs_s = rows[i].made_of_s, .slot = 3};
        uint64_t id;
        assert_int_equal(debit_add(debit, &pool, &amounts, NOW_S, &id), 0);
        pool.obs_s = rows[i].obs_s;
        uint64_t left = debit_of(debit, &pool, rows[i].now_s).free[ACC];
        if (left != (rows[i].is_over ? 0 : 8000)) {
            fail_msg("%s: %u", rows[i].label, (unsigned)left);
        }
        assert_true(debit_end(debit, id));
        assert_false(debit_end(debit, id));
        pool.obs_s = rows[i].made_of_s;
        assert_int_equal(debit_of(debit, &pool, NOW_S).free[ACC], 0);
        debit_destroy(debit);
    }
}

static void a_report_whose_clock_is_ahead_gives_no_more_than_it_says(void **state)
{
    const struct pools *pools = pools_make("pcl CENTRE . kind=ai\n"
                                           "a.pcl CRES . acc=x accn=64\n"
                                           "a.pcl CLOAD . obs=1060 accf=64\n");
    struct debit *debit = debit_create(MANY, TIMEOUT_S);
    uint64_t id;
    unsigned given = 0;
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        given += take(debit, pools, "accn-8", NOW_S, &id) == 0;
    }
    assert_int_equal(given, 64 / 8);
    debit_sweep(debit, pools, NOW_S + 1);
    assert_int_equal(take(debit, pools, "accn-8", NOW_S + 1, &id), ERR_MISSING);
    debit_destroy(debit);
}

static void promises_are_of_a_pool_and_not_of_its_slot(void **state)
{
    struct debit *debit = debit_create(1, TIMEOUT_S);
    struct debit_pool pool = {.name = 7, .obs_s = 990, .slot = 3};
    static const struct debit_amounts amounts = {{[CPU] = 5}};
    uint64_t id;
    (void)state;
    assert_int_equal(debit_add(debit, &pool, &amounts, NOW_S, &id), 0);
    assert_int_equal(debit_of(debit, &pool, NOW_S).free[CPU], 5);
    pool.name = 8;
    assert_int_equal(debit_of(debit, &pool, NOW_S).free[CPU], 0);
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
    static const struct debit_amounts amounts = {{[CPU] = 1}};
    uint64_t of_pool, of_other;
    (void)state;
    struct debit_pool pool = debit_pool_at(pools, 0), other = debit_pool_at(pools, 1);
    pool.obs_s = 970;
    other.name = pool.name;
    assert_int_equal(debit_add(debit, &pool, &amounts, 980, &of_pool), 0);
    assert_int_equal(debit_add(debit, &other, &amounts, NOW_S, &of_other), 0);
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
        cmocka_unit_test(every_free_figure_that_is_asked_for_is_taken),
        cmocka_unit_test(a_free_figure_that_is_asked_for_is_given_once),
        cmocka_unit_test(a_promise_ends_by_its_owner_by_time_or_by_a_newer_report),
        cmocka_unit_test(a_report_whose_clock_is_ahead_gives_no_more_than_it_says),
        cmocka_unit_test(promises_are_of_a_pool_and_not_of_its_slot),
        cmocka_unit_test(a_full_list_promises_nothing_until_it_is_swept),
        cmocka_unit_test(a_sweep_forgets_what_newer_reports_know_and_pools_that_went),
    };
    return cmocka_run_group_tests(tests, pools_enter, pools_leave);
}
