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
        if (find_budget_may(&budget, now, 80, false)) {
            find_budget_spend(&budget, 50000);
            spent += 50000;
        }
        now += 100000;
    }
    assert_in_range(spent, 800 * MS, 808 * MS + 50000); /* and what was saved before */
}

static void what_is_saved_has_an_end(void **state)
{
    (void)state;
    struct find_budget budget = {0};
    assert_true(find_budget_may(&budget, 1, 100, false));
    find_budget_spend(&budget, 10 * MS); /* a tenth of 100 ms */
    assert_false(find_budget_may(&budget, 1, 100, false));
    assert_true(find_budget_may(&budget, 3600000 * MS, 100, false));
    find_budget_spend(&budget, 10 * MS);
    assert_false(find_budget_may(&budget, 3600000 * MS, 100, false));
}

static void what_is_warm_may_go_on_for_as_much_again(void **state)
{
    (void)state;
    struct find_budget budget = {0};
    assert_true(find_budget_may(&budget, 1, 100, true));
    find_budget_spend(&budget, 10 * MS);
    assert_false(find_budget_may(&budget, 1, 100, false));
    assert_true(find_budget_may(&budget, 1, 100, true));
    find_budget_spend(&budget, 10 * MS);
    assert_false(find_budget_may(&budget, 1, 100, true));
    assert_true(find_budget_may(&budget, 1 + 10 * MS, 100, true));
    assert_false(find_budget_may(&budget, 1 + 100 * MS, 100, false));
    assert_true(find_budget_may(&budget, 1 + 110 * MS, 100, false));
}

/* A ranking that is longer than what is left is paid back before the next. */
static void debts_are_paid_back(void **state)
{
    (void)state;
    struct find_budget budget = {0};
    assert_true(find_budget_may(&budget, 1, 100, false));
    find_budget_spend(&budget, 60 * MS);
    assert_false(find_budget_may(&budget, 1 + 50 * MS, 100, false));
    for (unsigned i = 1; i <= 10; i++) {
        assert_int_equal(find_budget_may(&budget, 1 + 51 * i * MS, 100, false), i >= 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_the_time_is_given_out_and_no_more),
        cmocka_unit_test(what_is_saved_has_an_end),
        cmocka_unit_test(what_is_warm_may_go_on_for_as_much_again),
        cmocka_unit_test(debts_are_paid_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
