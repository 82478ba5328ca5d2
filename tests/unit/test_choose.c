#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/rcu.h"
#include "sched/choose/choose.h"
#include "sched/choose/explain.h"
#include "tests/lib/pools.h"

enum { NOW_S = 1000 };

static struct choose *choose;
static struct choose_answer answer;

/* Ask, with what a question says besides the requirement. */
static void rank(const struct pools *pools, const char *words, struct choose_ask *ask,
                 struct need *need)
{
    *need = pools_need(words);
    ask->pools = pools;
    ask->need = need;
    ask->now_s = ask->now_s ? ask->now_s : NOW_S;
    choose_rank(choose, ask, &answer);
}

/* Names of the picks, best first: "b.x a.x". */
static const char *picked(const struct pools *pools)
{
    static char text[1000];
    size_t len = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < answer.count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "",
                                pools_title(pools, answer.picks[i].slot));
    }
    return text;
}

static const char *line_of(const struct choose_ask *ask, const char *name)
{
    static char text[EXPLAIN_LINE_MAX + 1];
    struct choose_why why;
    struct wr wr = wr_make(text, EXPLAIN_LINE_MAX);
    uint32_t slot = pools_slot(ask->pools, name);
    choose_explain(choose, ask, slot, &why);
    explain_print(ask, &answer, slot, &why, &wr);
    assert_int_equal(wr.err, 0);
    *wr.pos = '\0';
    return text;
}

static const char *summary(const struct choose_ask *ask)
{
    static char text[EXPLAIN_SUMMARY_MAX + 1];
    struct wr wr = wr_make(text, EXPLAIN_SUMMARY_MAX);
    explain_summary(ask, &answer, &wr);
    assert_int_equal(wr.err, 0);
    *wr.pos = '\0';
    return text;
}

static const char one_of_each[] =
    "pcl CENTRE . kind=ai region=440300 jur=CN op=pcl\n"
    "pcl CNET 440300 medium=ip rtt=2ms jitter=100us loss=10ppm bw=10g bwf=4g\n"
    "far CENTRE . kind=ai region=110000 jur=CN maint=900-1100\n"
    "far CNET 440300 medium=inet rtt=40ms\n"
    "fits.pcl CRES . accmem=64g acc=ascend-910b accn=16\n"
    "fits.pcl CLOAD . obs=990 accf=12 run=3 pend=1 wait50=60\n"
    "lacks.pcl CRES . accmem=64g acc=nvidia-a100 accn=16\n"
    "lacks.pcl CLOAD . obs=990 accf=12\n"
    "small.pcl CRES . accmem=32g acc=ascend-910b accn=16\n"
    "small.pcl CLOAD . obs=990 accf=12\n"
    "mute.pcl CRES . acc=ascend-910b accn=16\n"
    "drain.pcl CRES . accmem=64g acc=ascend-910b accn=16 state=drain\n"
    "maint.far CRES . accmem=64g acc=ascend-910b accn=16\n"
    "stale.pcl CRES . accmem=64g acc=ascend-910b accn=16\n"
    "stale.pcl CLOAD . obs=925 accf=12\n"
    "failed.pcl CRES . accmem=64g acc=ascend-910b accn=16\n"
    "failed.pcl CLOAD . obs=990 accf=12 health=failed\n"
    "full.pcl CRES . accmem=64g acc=ascend-910b accn=16\n"
    "full.pcl CLOAD . obs=990 accf=2\n"
    "silent.pcl CRES . accmem=64g acc=ascend-910b accn=16\n"
    "queue.pcl CRES . accmem=64g acc=ascend-910b accn=16\n"
    "queue.pcl CLOAD . obs=990 accf=12 pend=70\n"
    "busy.pcl CRES . accmem=64g acc=ascend-910b accn=16\n"
    "busy.pcl CLOAD . obs=990 accf=12 pend=1 util=95\n";

static void each_pool_that_fails_is_told_by_its_first_reason(void **state)
{
    static const struct {
        const char *name, *line;
    } rows[] = {
        {"lacks.pcl", "lacks.pcl lacks: acc-ascend-910b"},
        {"small.pcl", "small.pcl lacks: accmem=32768 of accmem-65536"},
        {"mute.pcl", "mute.pcl unknown: accmem"},
        {"drain.pcl", "drain.pcl closed: drain"},
        {"maint.far", "maint.far closed: maintenance"},
        {"stale.pcl", "stale.pcl stale: 75 s"},
        {"failed.pcl", "failed.pcl failed"},
        {"full.pcl", "full.pcl full: accf=2 of accn-8"},
        {"silent.pcl", "silent.pcl unknown: accf"},
        {"queue.pcl", "queue.pcl beyond: pend=70 of pend-10"},
        {"busy.pcl", "busy.pcl shed: 95 % busy"},
        {"fits.pcl", "fits.pcl 79.2 load=79.2"},
    };
    struct need need;
    struct choose_ask ask = {.high = 90};
    const struct pools *pools = pools_make(one_of_each);
    (void)state;
    rank(pools, "acc-ascend-910b accn-8 pend-10 accmem-64g by-load", &ask, &need);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(line_of(&ask, rows[i].name), rows[i].line);
    }
    assert_string_equal(picked(pools), "fits.pcl");
}

static void the_summary_counts_every_pool_once(void **state)
{
    struct need need;
    struct choose_ask ask = {.high = 90};
    const struct pools *pools = pools_make(one_of_each);
    uint32_t sum = 0;
    (void)state;
    rank(pools, "acc-ascend-910b accn-8 pend-10 accmem-64g by-load", &ask, &need);
    for (unsigned i = 0; i < CHOOSE_REASONS; i++) {
        sum += answer.reasons[i];
    }
    assert_int_equal(sum, 12);
    assert_int_equal(answer.considered, 12);
    assert_string_equal(summary(&ask), "1/12 pools fit: 2 closed, 2 lack accmem=65536, 2 full, "
                                       "1 lack acc=ascend-910b, 1 stale, 1 failed, "
                                       "1 beyond pend=10, 1 shed");
    rank(pools, "acc-x", &ask, &need);
    assert_string_equal(summary(&ask), "0/12 pools: 10 lack acc=x, 2 closed");
    assert_int_equal(answer.count, 0);
}

static void near_is_a_centre_else_a_region_else_where_a_path_leads(void **state)
{
    static const struct {
        const char *words;
        bool is_known, is_centre, has_loc;
    } rows[] = {
        {"near-pcl", true, true, true},  {"near-440300", true, false, true},
        {"near-r9", true, false, false}, {"near-nowhere", false, false, false},
        {"accn-8", true, false, false},
    };
    const struct pools *pools = pools_make("pcl CENTRE . region=440300\n"
                                           "pcl LOC 22 30 0 N 114 0 0 E 1m\n"
                                           "pcl CNET r9 rtt=1ms\n"
                                           "a.pcl CRES . cpu=1\n");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct need need = pools_need(rows[i].words);
        struct choose_place place;
        assert_int_equal(choose_near(pools, &need, NULL, &place), rows[i].is_known);
        assert_int_equal(place.centre != 0, rows[i].is_centre);
        assert_int_equal(place.has_loc, rows[i].has_loc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pool_that_fails_is_told_by_its_first_reason),
        cmocka_unit_test(the_summary_counts_every_pool_once),
        cmocka_unit_test(near_is_a_centre_else_a_region_else_where_a_path_leads),
    };
    rcu_enter();
    choose = choose_create();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    choose_destroy(choose);
    pools_end();
    rcu_leave();
    return failed;
}
