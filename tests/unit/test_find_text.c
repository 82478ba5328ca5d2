#include "server/find_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "sched/choose/pools_keeper.h"
#include "server/steer.h"
#include "tests/lib/zones.h"
#include "zones/zone_node.h"

static struct choose *choose;
static struct choose_answer answer;
static struct steer *steer;
static struct find_entry_draft draft;
static char strings[FIND_TEXT_STRINGS_MAX][256];

static int enter(void **state)
{
    (void)state;
    rcu_enter();
    choose = choose_create();
    steer = mem_alloc(sizeof(*steer));
    return 0;
}

static int leave(void **state)
{
    (void)state;
    choose_destroy(choose);
    mem_free(steer);
    zones_settle();
    rcu_leave();
    return 0;
}

/* Explain a requirement over a zone; returns the number of strings. */
static unsigned explain(const char *records, const char *words)
{
    struct zone *zone = zones_make("t.", records);
    struct pools_keeper *keeper = pools_keeper_attach(zone);
    pools_keeper_build(keeper, zone);
    struct steer_scene scene = {.zone = zone,
                                .version = zone_version(zone),
                                .pools = pools_keeper_read(keeper),
                                .now_s = 1700000000};
    assert_int_equal(steer_words(steer, &scene, words, strlen(words), NULL), 0);
    choose_rank(choose, &steer->ask, &answer);
    memset(&draft, 0, sizeof(draft));
    find_text_fill(choose, &steer->ask, &answer, 0, &draft);
    zone_unref(zone);
    const uint8_t *pos = draft.octets, *end = pos + draft.octets_len;
    struct zone_rr rr;
    assert_int_equal(draft.piece_count, 1);
    assert_true(zone_node_next(&pos, end, &rr));
    assert_ptr_equal(pos, end);
    unsigned count = 0;
    for (size_t i = 0; i < rr.len; i += 1u + rr.rdata[i]) {
        assert_true(count < FIND_TEXT_STRINGS_MAX);
        memcpy(strings[count], rr.rdata + i + 1, rr.rdata[i]);
        strings[count++][rr.rdata[i]] = '\0';
    }
    return count;
}

static void assert_begins(const char *text, const char *begin)
{
    if (strncmp(text, begin, strlen(begin)) != 0) {
        print_message("%s\n", text);
    }
    assert_memory_equal(text, begin, strlen(begin));
}

#define APEX             "@ SOA m r 7 1 2 3 60\n@ NS ns\nc CENTRE . kind=ai\n"
#define POOL(name, free) name ".c CRES . cpu=100\n" name ".c CLOAD . obs=1700000000 cpuf=" free "\n"

static void chosen_pools_come_before_fitting_ones_before_others(void **state)
{
    (void)state;
    assert_int_equal(explain(APEX POOL("z", "90") POOL("y", "10") POOL("b", "50") POOL("d", "40")
                                 POOL("c", "30") POOL("a", "5"),
                             "cpu-20 by-load top-2"),
                     7);
    assert_begins(strings[0], "4/6 pools");
    static const char *const names[] = {"z.c", "b.c", "c.c", "d.c", "a.c", "y.c"};
    for (unsigned i = 0; i < 6; i++) {
        assert_begins(strings[i + 1], names[i]);
    }
    assert_non_null(strstr(strings[1], "54"));
    assert_non_null(strstr(strings[5], "full"));
}

static void a_zone_without_pools_has_a_summary(void **state)
{
    (void)state;
    assert_int_equal(explain(APEX, "cpu-20"), 1);
    assert_begins(strings[0], "0/0 pools");
}

/* 3000 pools: the first by name of those that are looked at, 64 strings in all. */
static void an_explanation_has_an_end(void **state)
{
    (void)state;
    static char zone[400 * 1024] = APEX;
    size_t used = strlen(zone);
    for (unsigned i = 0; i < 3000; i++) {
        used += (size_t)snprintf(zone + used, sizeof(zone) - used,
                                 "p%04u.c CRES . cpu=%u\np%04u.c CLOAD . obs=1700000000 cpuf=%u\n",
                                 2999 - i, 100, 2999 - i, i % 100);
    }
    assert_int_equal(explain(zone, "cpu-99 by-load"), FIND_TEXT_STRINGS_MAX);
    assert_begins(strings[0], "30/3000 pools");
    for (unsigned i = 5; i + 1 < FIND_TEXT_STRINGS_MAX; i++) {
        bool is_next = strcmp(strings[i], strings[i + 1]) < 0;
        bool was_last_fitting = !strstr(strings[i], "full") && strstr(strings[i + 1], "full");
        assert_true(is_next || was_last_fitting);
    }
    assert_true(draft.octets_len <= FIND_TEXT_OCTETS_MAX + ZONE_RR_FIXED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_pools_come_before_fitting_ones_before_others),
        cmocka_unit_test(a_zone_without_pools_has_a_summary),
        cmocka_unit_test(an_explanation_has_an_end),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
