/* Laws of choosing, over random tables, requirements and limits. SUANYU_SEED begins with another table. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sched/choose/choose.h"
#include "tests/lib/fail.h"
#include "tests/lib/pools.h"
#include "zones/dns_name.h"

enum { NOW_S = 1000, TABLES = 40, POOLS_MAX = 150, QUESTIONS = 12, CENTRES = 7, SLOTS_MAX = 512 };

static unsigned seed;

static unsigned roll(unsigned sides)
{
    return (unsigned)rand_r(&seed) % sides;
}

/* Sometimes it is said, sometimes not. */
static void maybe(FILE *out, unsigned of_ten, const char *name, unsigned value)
{
    if (roll(10) < of_ten) {
        fprintf(out, " %s=%u", name, value);
    }
}

static void print_centre(FILE *out, unsigned i)
{
    static const char *const media[] = {"ip", "otn", "inet"};
    fprintf(out, "c%u CENTRE . region=r%u jur=%s", i, roll(3), roll(4) ? "CN" : "HK");
    fputs(roll(3) ? "" : " hub", out);
    fputs(roll(8) ? "" : " state=drain", out);
    fputs(roll(8) ? "\n" : " maint=900-1100\n", out);
    if (roll(3)) {
        fprintf(out, "c%u LOC %u 0 0 N %u 0 0 E 1m\n", i, 20 + roll(30), 90 + roll(30));
    }
    if (roll(4)) {
        fprintf(out, "c%u CNET r0 medium=%s rtt=%u", i, media[roll(3)], 500 + roll(20000));
        maybe(out, 7, "jitter", roll(2000));
        maybe(out, 7, "bw", 10000);
        fprintf(out, " bwf=%u\n", roll(10000));
    }
    for (unsigned k = 0; k < 3; k++) {
        fprintf(out, "c%u CNET c%u rtt=%u bw=%u\n", i, (i + 1 + k) % CENTRES, roll(9000),
                10 + roll(5000));
    }
    if (i < 3) {
        fprintf(out, "big.data CDATA c%u size=%u%s%s\n", i, roll(2) ? 100u : 2000000000u,
                roll(3) ? "" : " pin", roll(3) ? "" : " jur=HK");
    }
}

static void print_pool(FILE *out, unsigned i)
{
    static const char *const healths[] = {"ok", "degraded", "failed"};
    static const char *const pers[] = {"core-h", "card-h", "node-h", "instance-h", "gib-month"};
    unsigned centre = roll(CENTRES), cards = 1 + roll(32);
    fprintf(out, "p%u.c%u CRES . acc=chip-%u accn=%u", i, centre, roll(3), cards);
    maybe(out, 8, "cpu", 100);
    maybe(out, 5, "nodes", 1 + roll(9));
    if (roll(5)) {
        fprintf(out, " price=%u cur=%s per=%s", roll(6), roll(4) ? "CNY" : "HKD", pers[roll(5)]);
    }
    maybe(out, 7, "pue", 1 + roll(2));
    maybe(out, 7, "watt", roll(1000));
    maybe(out, 7, "gco2", roll(900));
    maybe(out, 7, "since", roll(900));
    fputs(roll(4) ? "" : " tee=sgx,cca", out);
    fputs(roll(3) ? "" : " env=cuda-12.4,gromacs", out);
    fputs(roll(12) ? "\n" : " state=down\n", out);
    if (roll(10) == 0) {
        return;
    }
    fprintf(out, "p%u.c%u CLOAD . obs=%u", i, centre, roll(6) ? 1000 - roll(50) : 500);
    maybe(out, 9, "accf", roll(cards + 1));
    maybe(out, 7, "cpuf", roll(101));
    maybe(out, 7, "run", roll(20));
    maybe(out, 7, "pend", roll(20));
    maybe(out, 7, "wait50", roll(3000));
    maybe(out, 5, "util", roll(101));
    if (roll(6) == 0) {
        fprintf(out, " health=%s", healths[roll(3)]);
    }
    fputs("\n", out);
}

static const struct pools *random_pools(void)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    unsigned pools = 1 + roll(POOLS_MAX);
    for (unsigned i = 0; i < CENTRES; i++) {
        print_centre(out, i);
    }
    for (unsigned i = 0; i < pools; i++) {
        print_pool(out, i);
    }
    fclose(out);
    const struct pools *made = pools_make(text);
    free(text);
    return made;
}

/* A question with everything in it that a question can have. */
struct question {
    struct need need, group_needs[2];
    struct choose_group groups[2];
    struct choose_ask ask;
    char words[400];
    uint32_t members[32];
};

static void add_word(struct question *question, unsigned one_of, const char *word)
{
    if (roll(one_of) == 0) {
        snprintf(question->words + strlen(question->words),
                 sizeof question->words - strlen(question->words), "%s ", word);
    }
}

static void ask_anything(struct question *question, const struct pools *pools)
{
    static const char *const words[] = {"acc-chip-1",  "acc-any-chip-0-or-chip-2",
                                        "accn-2",      "cpu-10",
                                        "env-gromacs", "tee-cca",
                                        "tee-ne-sgx",  "rtt-15ms",
                                        "wait50-2000", "hub",
                                        "nodes-2",     "data-big",
                                        "pend-10",     "near-r0",
                                        "accn-le-20",  "env-ne-gromacs"};
    static const char *const by[] = {"by-load-60", "by-price-40", "by-energy-20",  "by-carbon-20",
                                     "by-fcfs-10", "by-qos-30",   "by-network-40", "by-data-10"};
    memset(question, 0, sizeof *question);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        add_word(question, 6, words[i]);
    }
    for (size_t i = 0; i < sizeof by / sizeof by[0] && strlen(question->words) < 120; i++) {
        add_word(question, 3, by[i]);
    }
    question->need = pools_need(question->words);
    question->group_needs[0] = pools_need(roll(2) ? "acc-chip-0" : "on-c1");
    question->group_needs[1] = pools_need(roll(2) ? "accn-ge-4" : "region-r1");
    question->groups[0] = (struct choose_group){"own", &question->group_needs[0]};
    question->groups[1] = (struct choose_group){"partner", &question->group_needs[1]};
    question->ask = (struct choose_ask){.pools = pools, .need = &question->need, .now_s = NOW_S};
    question->ask.high = roll(3) ? 0 : 80;
    question->ask.low = roll(2) ? 0 : 40;
    question->ask.top = 1 + roll(NEED_TOP_MAX);
    if (roll(4) == 0) {
        question->ask.groups = question->groups;
        question->ask.group_count = 2;
    }
    if (roll(4) == 0) {
        question->ask.spread = roll(2) ? ATTR_KEY_kind : ATTR_KEY_region;
        question->ask.most = 1 + roll(3);
    }
}

/* Names instead of slots, so that answers of tables in different orders compare. */
static void compare(const struct choose_ask *ask_a, const struct choose_answer *a,
                    const struct choose_ask *ask_b, const struct choose_answer *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->equal, b->equal);
    assert_int_equal(a->fits, b->fits);
    assert_int_equal(a->considered, b->considered);
    assert_memory_equal(a->reasons, b->reasons, sizeof a->reasons);
    assert_memory_equal(a->failed_test, b->failed_test, sizeof a->failed_test);
    assert_int_equal(a->until_s, b->until_s);
    assert_true(a->group == b->group);
    for (unsigned i = 0; i < a->count; i++) {
        struct choose_pick x = a->picks[i], y = b->picks[i];
        assert_ptr_equal(pools_at(ask_a->pools, x.slot), pools_at(ask_b->pools, y.slot));
        y.slot = x.slot;
        assert_memory_equal(&x, &y, sizeof x);
    }
}

/* Call a check for many questions to many tables. */
static void for_all(void (*check)(struct question *, const struct choose_answer *))
{
    static struct question question;
    static struct choose_answer answer;
    const char *begin = getenv("SUANYU_SEED");
    unsigned first = begin ? (unsigned)atoi(begin) : 1;
    for (unsigned table = first; table < first + TABLES; table++) {
        seed = table;
        const struct pools *pools = random_pools();
        for (unsigned i = 0; i < QUESTIONS; i++) {
            ask_anything(&question, pools);
            choose_rank(pools_choose, &question.ask, &answer);
            check(&question, &answer);
        }
    }
}

static void check_same(struct question *question, const struct choose_answer *answer)
{
    static struct choose_answer other;
    struct choose_ask ask = question->ask;
    choose_rank(pools_choose, &ask, &other);
    compare(&question->ask, answer, &ask, &other);
    ask.pools = pools_bare(question->ask.pools);
    choose_rank(pools_choose, &ask, &other);
    compare(&question->ask, answer, &ask, &other);
    ask.pools = pools_copy(question->ask.pools, roll(1000) + 1);
    choose_rank(pools_choose, &ask, &other);
    compare(&question->ask, answer, &ask, &other);
}

static void neither_indexes_nor_slots_nor_asking_again_change_an_answer(void **state)
{
    (void)state;
    for_all(check_same);
}

static bool is_better(const struct choose_ask *ask, const struct choose_why *a,
                      const struct choose_why *b)
{
    if (a->pick.score != b->pick.score) {
        return a->pick.score > b->pick.score;
    }
    return dns_name_compare(pools_at(ask->pools, a->pick.slot)->name,
                            pools_at(ask->pools, b->pick.slot)->name) < 0;
}

/* The ranking by explaining every pool and sorting plainly. */
static void check_explained(struct question *question, const struct choose_answer *answer)
{
    static struct choose_why fitting[SLOTS_MAX];
    const struct choose_ask *ask = &question->ask;
    uint32_t reasons[CHOOSE_REASONS] = {0}, failed[NEED_TESTS_MAX] = {0}, sum = 0;
    unsigned count = 0;
    for (uint32_t slot = 0; slot < ask->pools->block_count * POOLS_BLOCK; slot++) {
        struct choose_why why;
        if (!pools_at(ask->pools, slot)) {
            continue;
        }
        choose_explain(pools_choose, ask, slot, &why);
        bool fits =
            why.reason == CHOOSE_FITS || why.reason == CHOOSE_SPARE || why.reason == CHOOSE_SPREAD;
        assert_int_equal(choose_fitting(pools_choose, slot / POOLS_BLOCK) >> slot % POOLS_BLOCK & 1,
                         fits);
        reasons[why.reason]++;
        if (why.test >= 0) {
            failed[why.test]++;
        }
        for (unsigned i = count; why.reason == CHOOSE_FITS && i + 1 > 0; i--) {
            bool is_place = i == 0 || is_better(ask, &fitting[i - 1], &why);
            fitting[i] = is_place ? why : fitting[i - 1];
            if (is_place) {
                count++;
                break;
            }
        }
    }
    for (unsigned i = 0; i < CHOOSE_REASONS; i++) {
        sum += answer->reasons[i];
    }
    assert_int_equal(sum, answer->considered);
    assert_memory_equal(reasons, answer->reasons, sizeof reasons);
    assert_memory_equal(failed, answer->failed_test, sizeof failed);
    assert_int_equal(answer->fits, count);
    assert_int_equal(answer->count, count < ask->top ? count : ask->top);
    for (unsigned i = 0; i < answer->count; i++) {
        assert_memory_equal(&answer->picks[i], &fitting[i].pick, sizeof fitting[i].pick);
        assert_int_equal(choose_rank_of(answer, fitting[i].pick.slot), i + 1);
    }
}

static void every_pool_has_one_reason_and_the_ranking_is_that_of_the_explanations(void **state)
{
    (void)state;
    for_all(check_explained);
}

static void check_heap(struct question *question, const struct choose_answer *answer)
{
    static struct choose_answer other;
    (void)answer;
    fail_after(1);
    choose_rank(pools_choose, &question->ask, &other);
    assert_false(fail_stop());
}

static void a_question_allocates_nothing_once_the_table_is_known(void **state)
{
    (void)state;
    for_all(check_heap);
}

/* Position of a pool in the ranking; behind all others when it does not fit. */
static unsigned rank_of(const struct choose_ask *ask, uint32_t slot)
{
    static struct choose_answer answer;
    choose_rank(pools_choose, ask, &answer);
    for (unsigned i = 0; i < answer.count; i++) {
        if (answer.picks[i].slot == slot) {
            return i;
        }
    }
    return answer.count;
}

static void a_better_figure_never_ranks_lower(void **state)
{
    static const struct {
        const char *words;
        unsigned column, limit; /* upper limit is the other column's value */
        bool is_more_better;
    } rows[] = {
        {"accn-1 by-load", ATTR_INDEX_accf, ATTR_INDEX_accn, true},
        {"by-load", ATTR_INDEX_pend, 0, false},
        {"by-load", ATTR_INDEX_wait50, 0, false},
        {"accn-1 by-price", ATTR_INDEX_price, 0, false},
        {"accn-1 by-price", ATTR_INDEX_accf, ATTR_INDEX_accn, true},
        {"by-energy", ATTR_INDEX_watt, 0, false},
        {"by-carbon", ATTR_INDEX_gco2, 0, false},
        {"by-carbon", ATTR_INDEX_pue, 0, false},
        {"by-fcfs", ATTR_INDEX_since, 0, false},
        {"accn-1 by-qos", ATTR_INDEX_accf, ATTR_INDEX_accn, true},
        {"wait50-2500 by-load-50 by-qos-50", ATTR_INDEX_wait50, 0, false},
    };
    unsigned changed = 0;
    (void)state;
    for (unsigned table = 1; table < 3 * TABLES; table++) {
        seed = table;
        struct pools *pools = pools_copy(random_pools(), 0);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct need need = pools_need(rows[i].words);
            struct choose_ask ask = {
                .pools = pools, .need = &need, .now_s = NOW_S, .top = NEED_TOP_MAX};
            uint32_t slot = roll((unsigned)pools->pool_count);
            uint64_t value, limit = 0;
            if (pools->pool_count > NEED_TOP_MAX ||
                !pools_value(pools, slot, rows[i].column, &value) ||
                (rows[i].is_more_better && !pools_value(pools, slot, rows[i].limit, &limit))) {
                continue;
            }
            unsigned before = rank_of(&ask, slot);
            uint64_t better = rows[i].is_more_better ? value + (limit - value + 1) / 2 : value / 2;
            pools_set(pools, slot, rows[i].column, better);
            unsigned after = rank_of(&ask, slot);
            if (after > before) {
                fail_msg("table %u: %s: %s %u -> %u, rank %u -> %u", table, rows[i].words,
                         attr_get(rows[i].column)->name, (unsigned)value, (unsigned)better, before,
                         after);
            }
            changed += after < before;
        }
    }
    assert_in_range(changed, 20, 100000);
}

static void a_shorter_way_never_ranks_lower(void **state)
{
    char text[2000];
    unsigned last = 100;
    (void)state;
    for (unsigned rtt = 40000; rtt > 0; rtt -= 500) {
        size_t len = 0;
        for (unsigned i = 0; i < 10; i++) {
            len += (size_t)snprintf(text + len, sizeof text - len,
                                    "c%u CENTRE . kind=edge\nc%u CNET r0 medium=ip rtt=%u\n"
                                    "p.c%u CRES . cpu=1\n",
                                    i, i, i == 4 ? rtt : 3000 * (i + 1), i);
        }
        const struct pools *pools = pools_make(text);
        struct need need = pools_need("near-r0 by-network");
        struct choose_ask ask = {.pools = pools, .need = &need, .now_s = NOW_S, .top = 10};
        unsigned rank = rank_of(&ask, pools_slot(pools, "p.c4"));
        assert_true(rank <= last);
        last = rank;
    }
    assert_int_equal(last, 0);
}

/* One by one is a moment of work; each against all others would be minutes. */
static void all_of_many_pools_of_one_centre_are_explained_in_a_moment(void **state)
{
    enum { POOLS = 40000, MOST = 3, LONGEST_S = 5 };
    static struct choose_answer answer;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    (void)state;
    fputs("c CENTRE . kind=ai\n", out);
    for (unsigned i = 0; i < POOLS; i++) {
        fprintf(out, "p%u.c CRES . cpu=1\n", i * 7919 % POOLS); /* equal: names decide */
    }
    fclose(out);
    const struct pools *pools = pools_make(text);
    free(text);
    struct need need = pools_need("by-manual");
    struct choose_ask ask = {
        .pools = pools, .need = &need, .now_s = NOW_S, .spread = ATTR_KEY_kind, .most = MOST};
    choose_rank(pools_choose, &ask, &answer);
    assert_int_equal(answer.count, MOST);
    assert_int_equal(answer.reasons[CHOOSE_SPREAD], POOLS - MOST);
    clock_t begin = clock();
    unsigned left_out = 0;
    for (uint32_t slot = 0; slot < POOLS; slot++) {
        struct choose_why why;
        choose_explain(pools_choose, &ask, slot, &why);
        left_out += why.reason == CHOOSE_SPREAD;
        assert_true(clock() - begin < LONGEST_S * CLOCKS_PER_SEC);
    }
    assert_int_equal(left_out, POOLS - MOST);
}

static void a_place_that_is_nowhere_is_told_by_a_look_up(void **state)
{
    enum { PLACES = 1000, ROADS = 20, ASKED = 200000, LONGEST_S = 2 };
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    (void)state;
    for (unsigned i = 0; i < PLACES; i++) {
        fprintf(out, "c%u CENTRE . region=r%u\n", i, i);
        for (unsigned k = 1; k <= ROADS; k++) {
            fprintf(out, "c%u CNET c%u rtt=%ums\n", i, (i + k) % PLACES, k);
        }
    }
    fclose(out);
    const struct pools *pools = pools_make(text);
    free(text);
    struct need nowhere = pools_need("near-nowhere"), there = pools_need("near-r7");
    struct choose_place place;
    assert_true(choose_near(pools, &there, NULL, &place));
    clock_t begin = clock();
    for (unsigned i = 0; i < ASKED; i++) {
        assert_false(choose_near(pools, &nowhere, NULL, &place));
        assert_true(clock() - begin < LONGEST_S * CLOCKS_PER_SEC);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neither_indexes_nor_slots_nor_asking_again_change_an_answer),
        cmocka_unit_test(every_pool_has_one_reason_and_the_ranking_is_that_of_the_explanations),
        cmocka_unit_test(a_question_allocates_nothing_once_the_table_is_known),
        cmocka_unit_test(a_better_figure_never_ranks_lower),
        cmocka_unit_test(a_shorter_way_never_ranks_lower),
        cmocka_unit_test(a_place_that_is_nowhere_is_told_by_a_look_up),
        cmocka_unit_test(all_of_many_pools_of_one_centre_are_explained_in_a_moment),
    };
    return cmocka_run_group_tests(tests, pools_enter, pools_leave);
}
