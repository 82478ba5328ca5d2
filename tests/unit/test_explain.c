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

static const char records[] = "pcl CENTRE . region=440300 jur=CN\n"
                              "pcl CNET r1 medium=ip rtt=20ms\n"
                              "gz CENTRE . region=r1\n"
                              "full.pcl CRES . acc=a accn=16 fabric=eth tee=sgx env=cann-8.0\n"
                              "full.pcl CLOAD . obs=1000 accf=2.5 wait90=75 util=91 health=failed\n"
                              "good.pcl CRES . acc=a accn=16 fabric=ib\n"
                              "good.pcl CLOAD . obs=1000 accf=12 run=3 pend=1 wait50=60\n"
                              "there.gz CRES . acc=a accn=16\n"
                              "there.gz CLOAD . obs=1000 accf=16 pend=0 wait50=0 util=10\n"
                              "mute.gz CRES . acc=a\n"
                              "big.data CDATA gz size=26g\n"
                              "pin.data CDATA gz size=1g pin\n"
                              "gz CNET pcl bw=10g\n"
                              "huge.data CDATA gz size=100t\n";

static void explain(const struct pools *pools, const char *words, uint32_t high, const char *name,
                    char out[EXPLAIN_LINE_MAX + 1])
{
    static struct need need;
    struct choose_why why;
    struct wr wr = wr_make(out, EXPLAIN_LINE_MAX);
    uint32_t slot = pools_slot(pools, name);
    need = pools_need(words);
    struct choose_ask ask = {.pools = pools, .need = &need, .now_s = NOW_S, .high = high};
    choose_rank(pools_choose, &ask, &answer);
    choose_explain(pools_choose, &ask, slot, &why);
    explain_print(&ask, &answer, slot, &why, &wr);
    assert_int_equal(wr.err, 0);
    *wr.pos = '\0';
}

static void a_line_says_what_was_found_and_what_was_asked(void **state)
{
    static const struct {
        const char *words, *line;
        uint32_t high;
    } rows[] = {
        {"by-load", "full.pcl failed", 0},
        {"accn-8", "full.pcl failed", 0}, /* the first reason */
        {"acc-b", "full.pcl lacks: acc-b", 0},
        {"acc-ne-a", "full.pcl lacks: acc-ne-a", 0},
        {"fabric-ib", "full.pcl lacks: fabric=eth of fabric-ib", 0},
        {"tee-tdx", "full.pcl lacks: tee-tdx", 0},
        {"env-cuda-12-4", "full.pcl lacks: env-cuda-12-4", 0},
        {"accn-le-8", "full.pcl lacks: accn=16 of accn-le-8", 0},
        {"accmem-64g", "full.pcl unknown: accmem", 0},
        {"stocls-hot", "full.pcl unknown: stocls", 0},
        {"accn-99", "good.pcl full: accf=12 of accn-99", 0},
        {"cpu-1", "good.pcl unknown: cpuf", 0},
        {"wait-60", "good.pcl unknown: wait90", 0},
        {"wait50-30", "good.pcl beyond: wait50=60 of wait50-30", 0},
        {"near-r1 rtt-5ms", "good.pcl too far: rtt=20000 of rtt-5000", 0},
        {"near-r1 medium-otn", "good.pcl too far: medium=ip of medium-otn", 0},
        {"near-r1 jitter-5ms", "good.pcl unknown: jitter", 0},
        {"near-r2x rtt-5ms", "good.pcl unknown: rtt", 0},
        {"by-load", "good.pcl shed: 25 % busy", 20},
        {"by-load", "mute.gz unknown: util", 20},
        {"by-load", "good.pcl 79.2 load=79.2", 0},
        {"by-load", "there.gz 100.0 load=100.0", 0},
        {"by-load-1 by-price-1", "good.pcl 39.6 load=79.2 price=0.0?", 0},
        {"near-r1 by-network", "good.pcl 20.0 network=20.0?", 0},
        {"near-gz by-network", "there.gz 100.0 network=100.0", 0},
        {"data-big by-data", "good.pcl 72.9 data=72.9 move=22 s", 0},
        {"data-pin by-data", "good.pcl without the data", 0},
        {"data-huge by-data", "good.pcl without the data: 87961 s away", 0},
        {"data-none by-data", "good.pcl without the data", 0},
    };
    const struct pools *pools = pools_make(records);
    char line[EXPLAIN_LINE_MAX + 1], name[20];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(rows[i].line, " "), rows[i].line);
        explain(pools, rows[i].words, rows[i].high, name, line);
        assert_string_equal(line, rows[i].line);
    }
}

static void a_line_of_the_longest_name_has_255_octets_at_most(void **state)
{
    char text[900], label[64], line[EXPLAIN_LINE_MAX + 1], name[300];
    (void)state;
    memset(label, 'x', 60);
    label[60] = '\0';
    snprintf(name, sizeof name, "%s.%s.%s.%s", label, label, label, label);
    snprintf(text, sizeof text, "%s CENTRE . kind=ai\n%s CRES . acc=a accn=16\n", name + 61, name);
    explain(pools_make(text), "acc-a by-load-1 by-price-1 by-network-1", 0, name, line);
    assert_in_range(strlen(line), strlen(name) + 4, EXPLAIN_LINE_MAX);
    assert_memory_equal(line, name, strlen(name));
}

static void a_full_cursor_is_an_error_and_nothing_more(void **state)
{
    const struct pools *pools = pools_make(records);
    struct need need = pools_need("accn-8");
    struct choose_ask ask = {.pools = pools, .need = &need, .now_s = NOW_S};
    char text[8];
    struct wr wr = wr_make(text, sizeof text);
    (void)state;
    choose_rank(pools_choose, &ask, &answer);
    explain_summary(&ask, &answer, &wr);
    assert_int_equal(wr.err, ERR_SPACE);
    assert_int_equal(wr_len(&wr), 0);
}

static void a_summary_names_each_test_once_and_most_pools_first(void **state)
{
    static const struct {
        const char *words, *summary;
    } rows[] = {
        {"by-load", "3/4 pools fit: 1 failed"},
        {"acc-b", "0/4 pools: 4 lack acc=b"},
        {"acc-ne-a", "0/4 pools: 4 lack acc!=a"},
        {"acc-any-b-or-c", "0/4 pools: 4 lack acc=b-or-c"},
        {"accn-8", "2/4 pools fit: 1 failed, 1 full"},
        {"accn-le-8", "0/4 pools: 4 lack accn<=8"},
        {"fabric-ib accmem-64g", "0/4 pools: 3 lack fabric=ib, 1 lack accmem>=65536"},
        {"near-r1 rtt-5ms", "0/4 pools: 3 too far for rtt<=5000, 1 failed"},
        {"price-5", "0/4 pools: 4 lack price<=5"},
        {"hub", "0/4 pools: 4 lack hub"},
        {"acc-eq-ne-x", "0/4 pools: 4 lack acc=ne-x"},
        {"tee-ne-sgx", "0/4 pools: 4 lack tee!=sgx"},
        {"price-ge-5", "0/4 pools: 4 lack price>=5"},
        {"price-eq-5", "0/4 pools: 4 lack price=5"},
        {"acc-ascend-910b", "0/4 pools: 4 lack acc=ascend-910b"},
        {"accn-13", "1/4 pools fit: 2 full, 1 failed"},
    };
    const struct pools *pools = pools_make(records);
    char text[EXPLAIN_SUMMARY_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct need need = pools_need(rows[i].words);
        struct choose_ask ask = {.pools = pools, .need = &need, .now_s = NOW_S};
        struct wr wr = wr_make(text, EXPLAIN_SUMMARY_MAX);
        choose_rank(pools_choose, &ask, &answer);
        explain_summary(&ask, &answer, &wr);
        *wr.pos = '\0';
        assert_string_equal(text, rows[i].summary);
    }
}

static void a_summary_of_many_long_words_has_150_octets_at_most(void **state)
{
    char records_of_many[2000], text[EXPLAIN_SUMMARY_MAX + 1];
    size_t len = (size_t)snprintf(records_of_many, sizeof records_of_many, "c CENTRE . kind=ai\n");
    const char *words = "acc-the-first-of-many-long-words-here grade-another-one-that-is-as-long "
                        "fabric-ib sched-slurm cur-cny op-an-operator-with-a-long-name";
    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        len += (size_t)snprintf(records_of_many + len, sizeof records_of_many - len,
                                "p%u.c CRES . fabric=ib\n", i);
    }
    const struct pools *pools = pools_make(records_of_many);
    struct need need = pools_need(words);
    struct choose_ask ask = {.pools = pools, .need = &need, .now_s = NOW_S};
    struct wr wr = wr_make(text, EXPLAIN_SUMMARY_MAX);
    choose_rank(pools_choose, &ask, &answer);
    for (unsigned i = 0; i < need.test_count; i++) {
        answer.failed_test[i] = 1000 + i;
    }
    explain_summary(&ask, &answer, &wr);
    assert_int_equal(wr.err, 0);
    *wr.pos = '\0';
    assert_in_range(strlen(text), 100, EXPLAIN_SUMMARY_MAX);
    assert_memory_equal(text, "0/12 pools: 1005 lack ", 22);
    assert_null(strstr(text, ", ,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_what_was_found_and_what_was_asked),
        cmocka_unit_test(a_line_of_the_longest_name_has_255_octets_at_most),
        cmocka_unit_test(a_full_cursor_is_an_error_and_nothing_more),
        cmocka_unit_test(a_summary_names_each_test_once_and_most_pools_first),
        cmocka_unit_test(a_summary_of_many_long_words_has_150_octets_at_most),
    };
    return cmocka_run_group_tests(tests, pools_enter, pools_leave);
}
