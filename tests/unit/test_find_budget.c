#include "server/find_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS 1000000ull

static void a_share_of_the_time_is_given_out_and_no_more(void **state)
{
    (void)state;
    struct find_budget budget = {0};
    uint64_t now = 5000 * MS, spent = 0;
    for (unsigned i = 0; i < 100000; i++) { /* a question every 100 us, each takes 50 us: 10 s */
        if (find_budget_may(&budget, now, 80)) {
            find_budget_spend(&budget, 50000, MS);
            spent += 50000;
        }
        now += 100000;
    }
    assert_in_range(spent, 800 * MS, 840 * MS + 50000); /* and what was saved before */
}

static void what_is_saved_has_an_end(void **state)
{
    (void)state;
    struct find_budget budget = {0};
    assert_true(find_budget_may(&budget, 1, 100));
    find_budget_spend(&budget, 50 * MS, 100 * MS); /* a tenth of 500 ms */
    assert_false(find_budget_may(&budget, 1, 100));
    assert_true(find_budget_may(&budget, 3600000 * MS, 100));
    find_budget_spend(&budget, 50 * MS, 100 * MS);
    assert_false(find_budget_may(&budget, 3600000 * MS, 100));
}

/* What is longer than what is left is paid back before the next. */
static void debts_are_paid_back(void **state)
{
    (void)state;
    struct find_budget budget = {0};
    assert_true(find_budget_may(&budget, 1, 100));
    find_budget_spend(&budget, 60 * MS, 100 * MS); /* 10 ms more than there was: 100 ms */
    for (unsigned i = 1; i <= 20; i++) {
        assert_int_equal(find_budget_may(&budget, 1 + 10 * i * MS, 100), i > 10);
    }
}

static void nobody_pays_for_interruptions(void **state)
{
    (void)state;
    struct find_budget budget = {0};
    assert_true(find_budget_may(&budget, 1, 100));
    find_budget_spend(&budget, 10000 * MS, 20 * MS);
    assert_true(find_budget_may(&budget, 1, 100));
    find_budget_spend(&budget, 10000 * MS, 30 * MS);
    assert_false(find_budget_may(&budget, 1, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_the_time_is_given_out_and_no_more),
        cmocka_unit_test(what_is_saved_has_an_end),
        cmocka_unit_test(debts_are_paid_back),
        cmocka_unit_test(nobody_pays_for_interruptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
