#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sched/choose/choose.h"
#include "sched/choose/explain.h"
#include "tests/lib/pools.h"

enum { NOW_S = 1000 };

static struct choose_answer answer;

/* Ask, with what a question says besides the requirement. */
static void rank(const struct pools *pools, const char *words, struct choose_ask *ask,
                 struct need *need)
{
    *need = pools_need(words);
    ask->pools = pools;
    ask->need = need;
    ask->now_s = ask->now_s ? ask->now_s : NOW_S;
    choose_rank(pools_choose, ask, &answer);
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
    choose_explain(pools_choose, ask, slot, &why);
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
    assert_string_equal(summary(&ask), "1/12 pools fit: 2 closed, 2 lack accmem>=65536, 2 full, "
                                       "1 lack acc=ascend-910b, 1 stale, 1 failed, "
                                       "1 beyond pend<=10, 1 shed");
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

static const char groups_of_pools[] = "own CENTRE . region=r1 op=us\n"
                                      "two CENTRE . region=r1 op=them maint=1200-1300\n"
                                      "far CENTRE . region=r2 op=others\n"
                                      "a.own CRES . accn=8 acc=x\n"
                                      "a.own CLOAD . obs=1000 accf=4\n"
                                      "b.own CRES . accn=8 acc=x\n"
                                      "b.own CLOAD . obs=995 accf=5\n"
                                      "c.two CRES . accn=8 acc=x\n"
                                      "c.two CLOAD . obs=990 accf=8\n"
                                      "d.two CRES . accn=8 acc=x\n"
                                      "d.two CLOAD . obs=1000 accf=7 util=60\n"
                                      "e.far CRES . accn=80 acc=x\n"
                                      "e.far CLOAD . obs=1000 accf=60\n";

static void a_region_lies_in_its_city_and_province(void **state)
{
    static const struct {
        const char *words, *regions[3];
        bool is_known, has_loc;
    } rows[] = {
        {"near-440305",
         {"440305", "440300", "440000"},
         true,
         false}, /* a path leads to its province */
        {"near-440306", {"440306", "440300", "440000"}, true, false},
        {"near-440300", {"440300", "440000", NULL}, true, false},
        {"near-440000", {"440000", NULL, NULL}, true, false},
        {"near-pcl", {"110108", "110100", "110000"}, true, true},
        {"near-110108", {"110108", "110100", "110000"}, true, true},
        {"near-110100", {"110100", "110000", NULL}, true, true}, /* a centre is in it */
        {"near-110000", {"110000", NULL, NULL}, true, true},
        {"near-110109", {"110109", "110100", "110000"}, false, false},
        {"near-lake-side", {"Lake.Side", NULL, NULL}, false, false},
    };
    const struct pools *pools = pools_make("pcl CENTRE . region=110108\n"
                                           "pcl LOC 40 0 0 N 116 0 0 E 1m\n"
                                           "gz CENTRE . kind=ai\n"
                                           "gz CNET 440000 rtt=1ms\n"
                                           "a.gz CRES . cpu=1\n");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct need need = pools_need(rows[i].words);
        struct choose_place place;
        assert_int_equal(choose_near(pools, &need, NULL, &place), rows[i].is_known);
        assert_int_equal(place.has_loc, rows[i].has_loc);
        for (unsigned k = 0; k < 3; k++) {
            const char *region = rows[i].regions[k];
            uint64_t hash = region ? pools_text_hash(&pools->key, region, strlen(region)) : 0;
            assert_true(place.regions[k] == hash);
        }
    }
    struct need need;
    struct choose_ask ask = {.now_s = NOW_S};
    rank(pools, "near-440305 rtt-2ms", &ask, &need); /* by the path to the province */
    assert_int_equal(answer.count, 1);
}

static void a_region_is_where_the_first_centre_is_that_states_it(void **state)
{
    static const struct {
        const char *words;
        double latitude;
    } rows[] = {{"near-440300", 22}, {"near-440305", 20}, {"near-440000", 20}, {"near-440100", 23}};
    const struct pools *pools = pools_make("a CENTRE . region=440305\na LOC 20 0 0 N 1 0 0 E 1m\n"
                                           "b CENTRE . region=440305\nb LOC 21 0 0 N 1 0 0 E 1m\n"
                                           "c CENTRE . region=440300\nc LOC 22 0 0 N 1 0 0 E 1m\n"
                                           "d CENTRE . region=440106\nd LOC 23 0 0 N 1 0 0 E 1m\n"
                                           "e CENTRE . region=440300\ne LOC 24 0 0 N 1 0 0 E 1m\n"
                                           "p.a CRES . cpu=1\n");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct need need = pools_need(rows[i].words);
        struct choose_place place;
        assert_true(choose_near(pools, &need, NULL, &place));
        assert_true(place.has_loc && place.latitude == rows[i].latitude);
    }
}

static void a_place_that_is_found_already_is_not_looked_for_again(void **state)
{
    const struct pools *pools = pools_make("a CENTRE . kind=ai\nb CENTRE . kind=ai\n"
                                           "p.a CRES . cpu=1\nq.b CRES . cpu=1\n");
    struct need need;
    struct choose_place place = {.centre = pools_text_hash(&pools->key, "b", 1)};
    struct choose_ask ask = {.from = &place, .is_placed = true};
    (void)state;
    rank(pools, "near-a by-network", &ask, &need);
    assert_string_equal(picked(pools), "q.b p.a");
    ask.is_placed = false;
    rank(pools, "near-a by-network", &ask, &need);
    assert_string_equal(picked(pools), "p.a q.b");
}

static void a_group_overflows_to_the_next_when_nothing_fits(void **state)
{
    static const struct {
        const char *words, *group, *picks;
        uint32_t spare, of_no_group;
    } rows[] = {
        {"accn-4 by-load", "own", "b.own a.own", 2, 1},
        {"accn-5 by-load", "own", "b.own", 2, 1},
        {"accn-6 by-load", "partner", "c.two d.two", 0, 1},
        {"accn-9 by-load", NULL, "", 0, 1},
    };
    const struct pools *pools = pools_make(groups_of_pools);
    struct need own = pools_need("op-us"), partner = pools_need("on-two"), need;
    const struct choose_group groups[] = {{"own", &own}, {"partner", &partner}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct choose_ask ask = {.groups = groups, .group_count = 2};
        rank(pools, rows[i].words, &ask, &need);
        assert_string_equal(picked(pools), rows[i].picks);
        assert_int_equal(answer.reasons[CHOOSE_SPARE], rows[i].spare);
        assert_int_equal(answer.reasons[CHOOSE_GROUP], rows[i].of_no_group);
        assert_int_equal(answer.group != NULL, rows[i].group != NULL);
        assert_true(!answer.group || !strcmp(answer.group->name, rows[i].group));
    }
}

static void an_answer_says_what_was_in_effect(void **state)
{
    static const struct book_policy policy = {.name = "mine", .top = 1, .maxage_s = 4, .low = 9};
    const struct pools *pools = pools_make(groups_of_pools);
    struct need need = pools_need("accn-4 top-3"), partner = pools_need("op-any-us-or-them");
    const struct choose_group group = {"partner", &partner};
    struct choose_ask ask = {.pools = pools, .need = &need, .now_s = NOW_S};
    (void)state;
    need.policy = &policy; /* who asks has added what it says, or not */
    choose_rank(pools_choose, &ask, &answer);
    assert_int_equal(answer.maxage_s, CHOOSE_MAXAGE_S);
    assert_int_equal(answer.top, 3);
    assert_int_equal(answer.low, 0);
    assert_int_equal(answer.high, 0);
    assert_int_equal(answer.weights[CHOOSE_network], 40);
    ask.groups = &group;
    ask.group_count = 1;
    ask.maxage_s = 4;
    ask.top = 1;
    ask.low = 80;
    ask.high = 90;
    choose_rank(pools_choose, &ask, &answer);
    assert_string_equal(picked(pools), "d.two");
    assert_int_equal(answer.fits, 2); /* b.own and c.two are older than 4 s */
    assert_ptr_equal(answer.group, &group);
    assert_int_equal(answer.maxage_s, 4);
    assert_int_equal(answer.top, 1);
    assert_int_equal(answer.low, 80);
    assert_int_equal(answer.high, 90);
}

static void pools_of_one_centre_region_or_zone_are_spread(void **state)
{
    static const struct {
        uint16_t spread;
        const char *picks;
        uint32_t left_out;
    } rows[] = {
        {ATTR_KEY_kind, "c.two b.own", 2},
        {ATTR_KEY_region, "c.two", 3},
        {ATTR_KEY_az, "c.two d.two b.own a.own", 0}, /* nobody says it: near to none */
    };
    const struct pools *pools = pools_make(groups_of_pools);
    struct need need;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct choose_ask ask = {.spread = rows[i].spread, .top = 9};
        rank(pools, "accn-4 by-load op-any-us-or-them", &ask, &need);
        assert_string_equal(picked(pools), rows[i].picks);
        assert_int_equal(answer.reasons[CHOOSE_SPREAD], rows[i].left_out);
        if (rows[i].left_out > 0) {
            assert_string_equal(line_of(&ask, "d.two"), "d.two too near to others");
        }
    }
}

static void members_and_on_leave_others_out(void **state)
{
    const struct pools *pools = pools_make(groups_of_pools);
    const uint32_t members[] = {pools_slot(pools, "a.own"), pools_slot(pools, "c.two")};
    struct need need;
    struct choose_ask ask = {.members = members, .member_count = 2};
    (void)state;
    rank(pools, "accn-1 by-load", &ask, &need);
    assert_string_equal(picked(pools), "c.two a.own");
    rank(pools, "accn-1 on-own", &ask, &need);
    assert_string_equal(picked(pools), "a.own");
    assert_string_equal(line_of(&ask, "b.own"), "b.own no member");
    ask.member_count = 0;
    rank(pools, "accn-1", &ask, &need);
    assert_string_equal(summary(&ask), "0/5 pools: 5 no members");
    ask.members = NULL;
    rank(pools, "accn-1 on-e-far", &ask, &need);
    assert_string_equal(picked(pools), "e.far");
}

static void busy_pools_get_less_from_low_on_and_nothing_from_high_on(void **state)
{
    static const struct {
        uint32_t low, high, score, weight;
        enum choose_reason reason;
    } rows[] = {
        {0, 0, 52500, 8, CHOOSE_FITS},   {40, 80, 26250, 4, CHOOSE_FITS},
        {60, 80, 52500, 8, CHOOSE_FITS}, {59, 61, 26250, 4, CHOOSE_FITS},
        {0, 61, 52500, 8, CHOOSE_FITS},  {50, 60, 0, 0, CHOOSE_SHED},
        {70, 50, 0, 0, CHOOSE_SHED},     {40, 0, 52500, 8, CHOOSE_FITS},
    };
    const struct pools *pools = pools_make(groups_of_pools);
    struct need need;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) { /* util=60 */
        struct choose_ask ask = {.low = rows[i].low, .high = rows[i].high};
        struct choose_why why;
        rank(pools, "accn-1 by-load", &ask, &need);
        choose_explain(pools_choose, &ask, pools_slot(pools, "d.two"), &why);
        assert_int_equal(why.reason, rows[i].reason);
        assert_int_equal(why.pick.score, rows[i].score);
        assert_int_equal(why.pick.weight, rows[i].weight);
    }
}

static void an_answer_is_good_until_time_alone_may_change_it(void **state)
{
    static const struct {
        const char *words;
        int64_t now_s, until_s;
    } rows[] = {
        {"accn-8 by-load", 1000, 1051},  /* c.two: 990 + 60 + 1; e.far is younger */
        {"accn-50 by-load", 1000, 1061}, /* e.far alone */
        {"accn-99 by-load", 1000, 1200}, /* nothing fits: a maintenance begins */
        {"accn-99 by-load", 1200, 1300}, /* and ends */
        {"accn-99 by-load", 1300, 4900}, /* an hour */
    };
    const struct pools *pools = pools_make(groups_of_pools);
    struct need need;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct choose_ask ask = {.now_s = rows[i].now_s};
        rank(pools, rows[i].words, &ask, &need);
        assert_int_equal(answer.until_s, rows[i].until_s);
    }
}

static void near_scores_count_as_equal(void **state)
{
    const struct pools *pools = pools_make("c CENTRE . kind=ai\n"
                                           "a.c CRES . acc=x accn=1000\n"
                                           "a.c CLOAD . obs=1000 accf=1000\n"
                                           "b.c CRES . acc=x accn=1000\n"
                                           "b.c CLOAD . obs=1000 accf=984\n"
                                           "d.c CRES . acc=x accn=1000\n"
                                           "d.c CLOAD . obs=1000 accf=983\n");
    struct need need;
    struct choose_ask ask = {.now_s = NOW_S};
    (void)state;
    rank(pools, "accn-1 by-load", &ask, &need); /* 60, 59.04 and 58.98 points */
    assert_int_equal(answer.count, 3);
    assert_int_equal(answer.equal, 2);
    assert_int_equal(answer.picks[0].weight, 1001);
    assert_int_equal(answer.picks[1].weight, 985);
}

static void who_came_first_stays_first(void **state)
{
    static const struct {
        const char *words;
        unsigned equal;
    } rows[] = {{"by-fcfs", 1}, {"by-fcfs-1 by-manual-99", 1}, {"by-manual", 4}};
    const struct pools *pools = pools_make("c CENTRE . kind=ai\n"
                                           "a.c CRES . since=1000000\nb.c CRES . since=1000100\n"
                                           "d.c CRES . since=1000101\ne.c CRES . since=1100000\n");
    struct need need;
    struct choose_ask ask = {.now_s = NOW_S};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rank(pools, rows[i].words, &ask, &need);
        assert_string_equal(picked(pools), "a.c b.c d.c e.c");
        assert_int_equal(answer.equal, rows[i].equal);
    }
    pools = pools_make("c CENTRE . since=5\na.c CRES . cpu=1\nb.c CRES . cpu=1\n");
    rank(pools, "by-fcfs", &ask, &need);
    assert_int_equal(answer.equal, 2); /* they came together */
}

static void only_answers_that_use_the_place_say_so(void **state)
{
    static const struct {
        const char *words;
        bool uses_place;
    } rows[] = {
        {"accn-1", true}, /* the usual weights */
        {"accn-1 by-load", false},
        {"accn-1 by-load rtt-5ms", true},
        {"accn-1 by-network", true},
        {"accn-1 by-network near-own rtt-5ms", false},
        {"accn-1 by-qos", false},
    };
    const struct pools *pools = pools_make(groups_of_pools);
    struct need need;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct choose_ask ask = {.now_s = NOW_S};
        rank(pools, rows[i].words, &ask, &need);
        assert_int_equal(answer.uses_place, rows[i].uses_place);
    }
}

static void an_empty_table_has_no_pools(void **state)
{
    const struct pools *pools = pools_make("ns A 192.0.2.1\n");
    struct need need;
    struct choose_ask ask = {.now_s = NOW_S};
    (void)state;
    rank(pools, "accn-1 data-x near-y", &ask, &need);
    assert_int_equal(answer.count, 0);
    assert_string_equal(summary(&ask), "0/0 pools");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pool_that_fails_is_told_by_its_first_reason),
        cmocka_unit_test(the_summary_counts_every_pool_once),
        cmocka_unit_test(near_is_a_centre_else_a_region_else_where_a_path_leads),
        cmocka_unit_test(a_region_lies_in_its_city_and_province),
        cmocka_unit_test(a_region_is_where_the_first_centre_is_that_states_it),
        cmocka_unit_test(a_place_that_is_found_already_is_not_looked_for_again),
        cmocka_unit_test(a_group_overflows_to_the_next_when_nothing_fits),
        cmocka_unit_test(an_answer_says_what_was_in_effect),
        cmocka_unit_test(pools_of_one_centre_region_or_zone_are_spread),
        cmocka_unit_test(members_and_on_leave_others_out),
        cmocka_unit_test(busy_pools_get_less_from_low_on_and_nothing_from_high_on),
        cmocka_unit_test(an_answer_is_good_until_time_alone_may_change_it),
        cmocka_unit_test(near_scores_count_as_equal),
        cmocka_unit_test(who_came_first_stays_first),
        cmocka_unit_test(only_answers_that_use_the_place_say_so),
        cmocka_unit_test(an_empty_table_has_no_pools),
    };
    return cmocka_run_group_tests(tests, pools_enter, pools_leave);
}
