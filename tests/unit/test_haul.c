#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sched/choose/choose.h"
#include "tests/lib/pools.h"

static struct choose_answer answer;

/* Names of the pools that fit, best first: "b.x a.x". */
static const char *rank(const char *records, const char *words)
{
    static char text[1000];
    size_t len = 0;
    struct need need = pools_need(words);
    struct choose_ask ask = {.pools = pools_make(records), .need = &need, .now_s = 1000};
    choose_rank(pools_choose, &ask, &answer);
    text[0] = '\0';
    for (unsigned i = 0; i < answer.count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "",
                                pools_title(ask.pools, answer.picks[i].slot));
    }
    return text;
}

/* Three centres that no word tells apart. */
#define CENTRES                                                                                    \
    "sz.gd CENTRE . kind=ai\nsz-gd CENTRE . kind=ai\nsz_gd CENTRE . kind=ai\n"                     \
    "a.sz.gd CRES . cpu=1\nb.sz-gd CRES . cpu=1\nc.sz_gd CRES . cpu=1\n"                           \
    "a.sz.gd CLOAD . obs=999\nb.sz-gd CLOAD . obs=999\nc.sz_gd CLOAD . obs=999\n"

static void data_are_where_a_record_says_not_where_a_word_may_mean(void **state)
{
    static const struct {
        const char *label, *records, *picked;
    } rows[] = {
        {"a dot", CENTRES "x.data CDATA sz.gd size=1k pin\n", "a.sz.gd"},
        {"a hyphen", CENTRES "x.data CDATA SZ-gd size=1k pin\n", "b.sz-gd"},
        {"an underscore", CENTRES "x.data CDATA sz_gd size=1k pin\n", "c.sz_gd"},
        {"elsewhere, of our labels", CENTRES "x.data CDATA sz.gd. size=1k pin\n", ""},
        {"a way from there",
         CENTRES
         "x.data CDATA sz.gd size=1000t\nsz.gd CNET sz-gd bw=100000g\nsz.gd CNET sz_gd bw=1m\n",
         "a.sz.gd b.sz-gd"},
        {"a way back", CENTRES "x.data CDATA sz.gd size=1000t\nsz-gd CNET sz_gd bw=100000g\n",
         "a.sz.gd"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *picked = rank(rows[i].records, "data-x by-data");
        if (strcmp(picked, rows[i].picked) != 0) {
            fail_msg("%s: %s", rows[i].label, picked);
        }
    }
}

static void a_word_means_all_that_it_may(void **state)
{
    (void)state;
    rank(CENTRES, "on-sz-gd");
    assert_int_equal(answer.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_are_where_a_record_says_not_where_a_word_may_mean),
        cmocka_unit_test(a_word_means_all_that_it_may),
    };
    return cmocka_run_group_tests(tests, pools_enter, pools_leave);
}
